// Runs tests of the page in Rust in headless Chromium, under a strict Content-Security-Policy, and prints their counts.
//
// Arguments: the folder of the wasm module, the path of Chromium, that of playwright-core, the test server's address, and the
// function of the module: `replay_all` or `run_scenarios`.

import { openPage, strict } from "./page.mjs";

const [pages, chromium, playwright, server, run] = process.argv.slice(2);
const page = `<!doctype html><title>Rust</title><script type="module" src="/runners/rust-page.mjs?${run}=${server}"></script>`;
const policy = `${strict}; require-trusted-types-for 'script'`;
const browser = await openPage({ chromium, playwright, page, folders: { pages }, policy });
try {
	const outcome = await browser.page.locator("#outcome").textContent({ timeout: 300_000 });
	const { passed, failed, failures } = JSON.parse(outcome);
	for (const failure of failures) console.error(failure);
	console.log(`${run}: ${passed} passed, ${failed} failed`);
	if (failed > 0) process.exitCode = 1;
} finally {
	await browser.close();
}
