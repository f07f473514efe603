// Opens `https://page.test/` in headless Chromium, whose requests all go to the proxy, and prints the text of the page after the answer.
//
// Arguments: the path of Chromium, that of playwright-core, the proxy's address, and the key that a user types when a page requests one.

import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [chromium, playwright, server, key] = process.argv.slice(2);
/** The last words of the provider's sentence. */
const end = "one endpoint.";

const { chromium: launcher } = (await import(pathToFileURL(join(playwright, "index.js")).href)).default;
const browser = await launcher.launch({
	executablePath: chromium,
	headless: true,
	args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-component-update"],
	// Chromium uses no proxy for this machine unless this rule is removed.
	proxy: { server, bypass: "<-loopback>" },
});
try {
	const page = await browser.newPage({ ignoreHTTPSErrors: true });
	const failed = new Promise((_, reject) => {
		page.on("pageerror", reject);
		page.on("console", (message) => message.type() === "error" && reject(new Error(message.text())));
	});
	page.on("dialog", (dialog) => dialog.accept(key));
	await page.route("**/favicon.ico", (route) => route.fulfill({ body: "" }));
	await page.goto("https://page.test/");
	const answered = page.waitForFunction((end) => document.body.innerText.includes(end), end, { timeout: 30_000 });
	await Promise.race([answered, failed]);
	console.log(await page.innerText("body"));
} finally {
	await browser.close();
}
