// Sends a prompt through the page of this folder in headless Chromium, and prints the tokens as they arrive.
//
// Arguments: the prompt, the folder in which the tarball is installed, the path of Chromium, and that of playwright-core. The
// endpoint and the key come from MODELSLAB_BASE_URL and MODELSLAB_API_KEY. With TRILOGUE_REPORT, the measurements are appended to that
// file as a line of JSON.

import { appendFileSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { openPage } from "../../tests/runners/page.mjs";

const [prompt, project, chromium, playwright] = process.argv.slice(2);
const { MODELSLAB_BASE_URL: baseURL, MODELSLAB_API_KEY: apiKey, TRILOGUE_REPORT: file } = process.env;
const here = fileURLToPath(new URL(".", import.meta.url));
const html = readFileSync(`${here}index.html`, "utf8");
const browser = await openPage({ project, chromium, playwright, page: html, folders: { browser: here } });
try {
	await browser.page.exposeFunction("show", (text) => void process.stdout.write(text));
	const outcome = await browser.page.evaluate(
		async (given) => {
			const { chat } = await import("/browser/chat.mjs");
			// An error loses its class when it leaves the page.
			const failed = (error) => ({ failure: `${error.name}: ${error.message}` });
			return chat({ ...given, show: window.show }).catch(failed);
		},
		{ baseURL, apiKey, prompt },
	);
	if (outcome.failure) {
		console.error(`\n${outcome.failure}`);
		process.exitCode = 1;
	} else {
		console.log();
		if (file) appendFileSync(file, `${JSON.stringify(outcome)}\n`);
	}
} finally {
	await browser.close();
}
