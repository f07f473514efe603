// Runs `trilogue/snippets` in headless Chromium, and snippets for pages, each as the inline script of a page. Prints what each page showed.
//
// Arguments: a file of `{cases, pages, key}`, the folder of the project, the path of Chromium, and that of playwright-core.
// Prints what each page showed.

import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { openPage } from "../runners/page.mjs";

const [file, project, chromium, playwright] = process.argv.slice(2);
const { cases, pages, key } = JSON.parse(readFileSync(file, "utf8"));
const dist = "/project/node_modules/trilogue/dist";
const imports = { trilogue: `${dist}/browser.mjs`, "trilogue/snippets": `${dist}/snippets-browser.mjs` };
const map = `<script type="importmap">${JSON.stringify({ imports })}</script>`;
const folders = { tests: dirname(fileURLToPath(import.meta.url)) };
const browser = await openPage({ project, chromium, playwright, page: `<!doctype html><title>snippets</title>${map}`, folders });
try {
	const { page } = browser;
	const compared = await page.evaluate(async (cases) => {
		const [{ snippet }, { compare, refusals }] = await Promise.all([import("trilogue/snippets"), import("/tests/same.mjs")]);
		return { ...compare(JSON.parse(cases), snippet), refused: refusals(snippet) };
		// As JSON text: Playwright drops some names.
	}, JSON.stringify(cases));
	page.on("dialog", (dialog) => dialog.accept(key));
	const shown = [];
	for (const { code, end } of pages) {
		await page.setContent(`<!doctype html><html><head>${map}<script type="module">${code}</script></head><body></body></html>`);
		await page.waitForFunction((end) => document.body.textContent.endsWith(end), end);
		shown.push(await page.evaluate(() => document.body.textContent));
	}
	console.log(JSON.stringify({ ...compared, shown }));
} finally {
	await browser.close();
}
