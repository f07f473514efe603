// Runs a script in a page that has `client`, then prints "given up" and runs until its standard input ends.
//
// Arguments: the script, the folder in which the tarball is installed, the path of Chromium, and that of playwright-core. The endpoint
// comes from MODELSLAB_BASE_URL.

import { openPage } from "./page.mjs";

const [script, project, chromium, playwright] = process.argv.slice(2);
const page = `<!doctype html><title>script</title>
<script type="importmap">{"imports": {"trilogue": "/project/node_modules/trilogue/dist/browser.mjs"}}</script>`;
const browser = await openPage({ project, chromium, playwright, page });
try {
	const source = `(async () => {
		const { Client } = await import("trilogue");
		const client = new Client({ baseURL: ${JSON.stringify(process.env.MODELSLAB_BASE_URL)} });
		${script}
	})()`;
	await browser.page.evaluate(source);
	console.log("given up");
	for await (const _ of process.stdin);
} finally {
	await browser.close();
}
