// Replays the vectors in headless Chromium: in a page, and in a web worker.
//
// Arguments: the test server's address, the folder in which the tarballs are installed, the path of Chromium, and that of playwright-core.
// Serves files and drives the browser; the same code as in Node replays the vectors. The page and the worker are under a
// strict Content-Security-Policy; a violation of it is a failure.

import { openPage, strict } from "./page.mjs";

const [server, project, chromium, playwright] = process.argv.slice(2);
const page = `<!doctype html><title>vectors</title><script type="module" src="/runners/browser-page.mjs?${server}"></script>`;
const policy = `${strict}; require-trusted-types-for 'script'; trusted-types worker`;
const browser = await openPage({ project, chromium, playwright, page, policy });
for (const runtime of ["browser", "worker"]) {
	const text = await browser.page.locator(`#${runtime}`).textContent({ timeout: 300_000 });
	const { passed, failed, failures } = JSON.parse(text);
	for (const failure of failures) console.error(failure);
	console.log(`${runtime}: ${passed} passed, ${failed} failed`);
	if (failed) process.exitCode = 1;
}
const refused = JSON.parse(await browser.page.locator("#refused").textContent());
for (const what of refused) console.error(`the Content-Security-Policy refused ${what}`);
if (refused.length > 0) process.exitCode = 1;
await browser.close();
