// Runs the tests of the package's surface in Node, over the addon and over the wasm module, and in Chromium, in a page and in a worker.
//
// Arguments: the test server's program, an empty folder for its scripts, the path of Chromium, and that of playwright-core. Runs in a
// folder that has the tarballs. Prints a line of counts for each runtime.
// Starts servers and runtimes; the tests are in `cases.mjs`, `batches.mjs`, `storm.mjs`, `processes.mjs`, `start.mjs`, `modules.mjs` and `memory.mjs`. `--only TITLE`
// runs one of them.

import { execFile, spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { openPage, strict } from "../runners/page.mjs";
import { processes } from "./processes.mjs";
import { scenarios } from "./scenarios.mjs";
import { startStormServer } from "./storm-server.mjs";

const [program, folder, chromium, playwright, _only, only] = process.argv.slice(2);
const here = dirname(fileURLToPath(import.meta.url));
mkdirSync(folder, { recursive: true });
for (const [name, response] of Object.entries(scenarios)) {
	writeFileSync(join(folder, `${name}.json`), JSON.stringify({ about: "a script", response, expect: {} }));
}
const server = spawn(program, [folder], { stdio: ["pipe", "pipe", "inherit"] });
const url = await new Promise((ready) => createInterface(server.stdout).once("line", ready));

/** Runs a script of these tests with one of the modules. */
async function inNode(TRILOGUE_BINDING, script, ...words) {
	const env = { ...process.env, TRILOGUE_BINDING };
	const { stdout } = await promisify(execFile)("node", ["--expose-gc", join(here, script), ...words], { env, maxBuffer: 2 ** 26 });
	return JSON.parse(stdout);
}

/** Opens a page with the package and these tests, under a strict Content-Security-Policy. */
function open(script, query = url) {
	const page = `<!doctype html><title>surface</title><script type="module" src="/surface/${script}?${query}"></script>`;
	const folders = { surface: here, structured: join(here, "../structured") };
	return openPage({ project: process.cwd(), chromium, playwright, page, folders, policy: strict, jsFlags: "--expose-gc" });
}

async function inChromium(runtime, query) {
	const browser = await open(`${runtime}.mjs`, query);
	try {
		return JSON.parse(await browser.page.locator("output").textContent({ timeout: 120_000 }));
	} finally {
		await browser.close();
	}
}

/** Runs the storm with a server of its own. */
async function inStorm(run) {
	const server = await startStormServer();
	try {
		return await run(server.url);
	} finally {
		server.close();
	}
}

/** Memory after many streams: it must not grow with the same number of further streams. */
async function memory() {
	const browser = await open("memory.mjs");
	const failures = [];
	try {
		const session = await browser.page.context().newCDPSession(browser.page);
		const measured = [];
		for (const round of ["first", "second"]) {
			const wasm = Number(await browser.page.locator(`#${round}`).textContent({ timeout: 240_000 }));
			await session.send("HeapProfiler.collectGarbage");
			const { usedSize } = await session.send("Runtime.getHeapUsage");
			measured.push({ wasm, heap: usedSize });
			await browser.page.locator("button").click();
		}
		const [before, after] = measured;
		const kb = (bytes) => `${Math.round(bytes / 1024)} KB`;
		const sizes = `wasm ${kb(before.wasm)} → ${kb(after.wasm)}, JavaScript ${kb(before.heap)} → ${kb(after.heap)}`;
		console.log(`memory after 10000 streams and 10000 more: ${sizes}`);
		if (after.wasm - before.wasm > 2 ** 20 || after.heap - before.heap > 2 ** 20) failures.push(`memory grows: ${sizes}`);
	} finally {
		await browser.close();
	}
	return { passed: failures.length ? 0 : 1, failed: failures.length, failures };
}

for (const [title, run] of Object.entries({
	Node: () => inNode("native", "node.mjs", "node", url),
	"Node over wasm": () => inNode("wasm", "node.mjs", "node-wasm", url),
	"processes of Node": () => processes(url),
	"batches in Node": () => inNode("native", "batches.mjs"),
	"a page": () => inChromium("page"),
	"a worker": () => inChromium("worker"),
	"workers that start": () => inChromium("start"),
	"a page's modules": () => inChromium("modules"),
	"a storm in Node": () => inStorm((address) => inNode("native", "node.mjs", "node", address, "storm")),
	"a storm in Node over wasm": () => inStorm((address) => inNode("wasm", "node.mjs", "node-wasm", address, "storm")),
	"a storm in a page": () => inStorm((address) => inChromium("page", `${address},storm`)),
	memory,
})) {
	if (only !== undefined && title !== only) continue;
	const { passed, failed, failures } = await run();
	for (const failure of failures) console.error(failure);
	console.log(`surface in ${title}: ${passed} passed, ${failed} failed`);
	if (failed) process.exitCode = 1;
}
server.stdin.end();
