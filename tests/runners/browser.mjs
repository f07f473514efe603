// Replays the vectors in headless Chromium, in a page.
//
// Arguments: the test server's address, the folder in which the tarball is installed, the path of Chromium, and that of playwright-core.
// Law: serves files and drives the browser; the vectors are replayed by the same code as in Node.

import { openPage } from "./page.mjs";

const [server, project, chromium, playwright] = process.argv.slice(2);
const page = `<!doctype html><title>vectors</title>
<script type="importmap">{"imports": {"trilogue": "/project/node_modules/trilogue/dist/browser.mjs"}}</script>`;
const browser = await openPage({ project, chromium, playwright, page });
const result = await browser.page.evaluate(async (server) => {
	const trilogue = await import("trilogue");
	const { replayAll } = await import("/runners/vectors.mjs");
	return replayAll("browser", trilogue, server);
}, server);
await browser.close();
for (const failure of result.failures) console.error(failure);
console.log(`browser: ${result.passed} passed, ${result.failed} failed`);
process.exitCode = result.failed ? 1 : 0;
