// Uses the example page in Rust in headless Chromium as its reader does: streams an answer, then stops one.
//
// Arguments: the folder of the built example, the path of Chromium, that of playwright-core, and the test server's address.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { openPage, strict } from "./page.mjs";

const [example, chromium, playwright, server] = process.argv.slice(2);
const html = await readFile(join(example, "index.html"), "utf8");
const page = html.replace("main.js", "/example/main.js");
const browser = await openPage({ chromium, playwright, page, folders: { example }, policy: strict });

/** Sends a question to a vector of the test server. */
async function ask(vector) {
	const fill = (name, text) => browser.page.locator(`input[name=${name}]`).fill(text);
	await fill("base_url", `${server}/v/${vector}/pieces/example-${vector}`);
	await fill("question", "How warm is it?");
	await browser.page.getByRole("button", { name: "Send" }).click();
}

/** Waits until an element has this text. */
async function shows(selector, text) {
	const element = browser.page.locator(selector, { hasText: text });
	await element.waitFor({ timeout: 20_000 });
}

/** The outcome of the first request to a vector. */
async function outcome(vector) {
	const log = await (await fetch(`${server}/log/example-${vector}`)).json();
	return log[0]?.outcome;
}

try {
	await ask("answer");
	await shows("#status", "done, 5 tokens");
	await shows("#answer", /^Seven degrees\.$/);
	await ask("open");
	await shows("#answer", /^Hel$/);
	await browser.page.getByRole("button", { name: "Stop" }).click();
	await shows("#status", "stopped");
	for (let tries = 0; (await outcome("open")) !== "closed"; tries += 1) {
		if (tries === 100) throw new Error("the server saw no connection close after Stop");
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
	await ask("refused");
	await shows("#status", "no such model");
	console.log("example page: 3 passed, 0 failed");
} finally {
	await browser.close();
}
