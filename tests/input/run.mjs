// Runs the tests of input in Node over both modules and in headless Chromium, against a server of its own.
//
// Arguments: the test server's program, an empty folder for its scripts, and for Chromium its path and that of playwright-core. Runs in a
// folder that has the tarball. Prints a line of counts for each runtime. Starts servers and runtimes; the tests are in `cases.mjs`.

import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath, pathToFileURL } from "node:url";
import { openPage } from "../runners/page.mjs";
import { runAll } from "./cases.mjs";

const [program, folder, chromium, playwright] = process.argv.slice(2);
const choice = { index: 0, message: { role: "assistant", content: "Hello." }, finish_reason: "stop" };
const completion = { id: "c", object: "chat.completion", created: 1, model: "m", choices: [choice] };
const reply = { headers: { "content-type": "application/json" }, body: [JSON.stringify(completion)] };
mkdirSync(folder, { recursive: true });
for (const [name, response] of Object.entries({ reply, slow: { ...reply, delay_ms: 5000 } })) {
	writeFileSync(join(folder, `${name}.json`), JSON.stringify({ about: "a script", response, expect: {} }));
}
const server = spawn(program, [folder], { stdio: ["pipe", "pipe", "inherit"] });
const url = await new Promise((ready) => createInterface(server.stdout).once("line", ready));
const here = dirname(fileURLToPath(import.meta.url));
const shared = JSON.parse(readFileSync(join(here, "cases.json"), "utf8"));

async function inNode() {
	const entry = createRequire(pathToFileURL(`${process.cwd()}/package.json`)).resolve("trilogue");
	const trilogue = await import(pathToFileURL(entry.replace(/\.cjs$/, ".mjs")).href);
	const runtime = process.env.TRILOGUE_BINDING === "wasm" ? "Node (wasm)" : "Node";
	return { runtime, ...(await runAll(trilogue, url, shared, false)) };
}

async function inPage() {
	const imports = { trilogue: "/project/node_modules/trilogue/dist/browser.mjs" };
	const page = `<!doctype html><title>input</title><script type="importmap">${JSON.stringify({ imports })}</script>`;
	const folders = { input: here, structured: join(here, "../structured") };
	const browser = await openPage({ project: process.cwd(), chromium, playwright, page, folders });
	try {
		const outcome = await browser.page.evaluate(
			async ([url, shared]) => {
				const { runAll } = await import("/input/cases.mjs");
				return runAll(await import("trilogue"), url, shared, true);
			},
			[url, shared],
		);
		return { runtime: "Chromium", ...outcome };
	} finally {
		await browser.close();
	}
}

for (const { runtime, passed, failed, failures } of [await inNode(), ...(chromium ? [await inPage()] : [])]) {
	for (const failure of failures) console.error(`${runtime}: ${failure}`);
	console.log(`${runtime}: ${passed} passed, ${failed} failed`);
	if (failed) process.exitCode = 1;
}
server.stdin.end();
