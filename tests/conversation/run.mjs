// Runs the tests of conversations in Node and in headless Chromium, against a server of its own. The tests are in `cases.mjs`.
//
// Arguments: the test server's program, an empty folder for its scripts, the folder through which languages exchange conversations,
// the path of Chromium, and that of playwright-core. Runs in a folder that has the tarball. Prints a line of counts for each runtime.
// Starts servers and runtimes; the tests are in `cases.mjs`.

import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath, pathToFileURL } from "node:url";
import { openPage } from "../runners/page.mjs";
import { runAll } from "./cases.mjs";

const [program, folder, exchange, chromium, playwright] = process.argv.slice(2);
const here = dirname(fileURLToPath(import.meta.url));
const read = (name) => JSON.parse(readFileSync(join(here, name), "utf8"));
mkdirSync(folder, { recursive: true });
for (const [name, response] of Object.entries(read("scripts.json"))) {
	writeFileSync(join(folder, `${name}.json`), JSON.stringify({ about: "a script", response, expect: {} }));
}
const server = spawn(program, [folder], { stdio: ["pipe", "pipe", "inherit"] });
const url = await new Promise((ready) => createInterface(server.stdout).once("line", ready));
const shared = { ...read("cases.json"), python: readFileSync(join(exchange, "python.json"), "utf8") };
const project = createRequire(pathToFileURL(`${process.cwd()}/package.json`));

async function inNode() {
	const outcomes = [];
	for (const system of ["import", "require"]) {
		const load = (name) => {
			const installed = project.resolve(name);
			return system === "require" ? project(name) : import(pathToFileURL(installed.replace(/\.cjs$/, ".mjs")).href);
		};
		const [trilogue, { Conversation }] = [await load("trilogue"), await load("trilogue/conversation")];
		outcomes.push({ runtime: `Node (${system})`, ...(await runAll(system, trilogue, Conversation, url, shared)) });
	}
	return outcomes;
}

async function inPage() {
	const dist = "/project/node_modules/trilogue/dist";
	const imports = { trilogue: `${dist}/browser.mjs`, "trilogue/conversation": `${dist}/conversation-browser.mjs` };
	const page = `<!doctype html><title>conversation</title><script type="importmap">${JSON.stringify({ imports })}</script>`;
	const folders = { conversation: here, structured: join(here, "../structured") };
	const browser = await openPage({ project: process.cwd(), chromium, playwright, page, folders });
	const loaded = [];
	browser.page.on("request", (request) => loaded.push(new URL(request.url()).pathname));
	try {
		await browser.page.evaluate(() => import("trilogue"));
		const early = loaded.filter((path) => /kit|conversation/.test(path));
		const outcome = await browser.page.evaluate(
			async ([url, shared]) => {
				const { runAll } = await import("/conversation/cases.mjs");
				const { Conversation } = await import("trilogue/conversation");
				return runAll("page", await import("trilogue"), Conversation, url, shared);
			},
			[url, shared],
		);
		if (early.length > 0) outcome.failures.push(`the page loaded ${early} before it was asked for`);
		outcome.failed = outcome.failures.length;
		return [{ runtime: "Chromium", ...outcome }];
	} finally {
		await browser.close();
	}
}

for (const outcomes of [await inNode(), chromium ? await inPage() : []]) {
	for (const { runtime, passed, failed, failures, saved } of outcomes) {
		for (const failure of failures) console.error(failure);
		console.log(`${runtime}: ${passed} passed, ${failed} failed`);
		if (failed) process.exitCode = 1;
		// For Python, which reads it at the end.
		writeFileSync(join(exchange, `${runtime.replace(/\W+/g, "-")}.json`), saved);
	}
}
server.stdin.end();
