// The playground with the embedded model: a real reply in both formats.
//
// Arguments: the address that `cargo xtask demo --playground` printed, the path of Chromium, and that of playwright-core.

import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ok } from "../structured/checks.mjs";

const [url, chromium, playwright] = process.argv.slice(2);
const { chromium: launcher } = (await import(pathToFileURL(join(playwright, "index.js")).href)).default;
const browser = await launcher.launch({ executablePath: chromium, headless: true, args: ["--no-sandbox", "--disable-gpu"] });
try {
	const page = await browser.newPage();
	await page.goto(url);
	await page.getByRole("button", { name: /^Model: smollm2/ }).waitFor();
	await page.getByRole("spinbutton", { name: "max_tokens" }).fill("24");
	for (const format of ["OpenAI", "Anthropic"]) {
		await page.getByRole("radio", { name: format }).check();
		await page.getByRole("textbox", { name: "Prompt" }).fill("Say hello.");
		await page.keyboard.press("Enter");
		await page.getByRole("article").nth(format === "OpenAI" ? 0 : 1).waitFor();
		const answer = page.getByRole("article").last();
		// A small model on a busy machine is slow.
		await page.getByRole("button", { name: "Send" }).waitFor({ timeout: 120_000 });
		await page.locator('article [aria-busy="true"]').waitFor({ state: "detached", timeout: 120_000 });
		const text = await answer.innerText();
		ok((await page.getByRole("alert").count()) === 0, `${format}: ${text}`);
		ok((await answer.locator(".prose").innerText()).trim() !== "", `the model said nothing: ${text}`);
		console.log(text);
	}
} finally {
	await browser.close();
}
