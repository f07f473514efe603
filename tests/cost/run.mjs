// Runs the tests of the catalogue, costs and budgets in Node and in headless Chromium, against a server of its own. The tests are in
// `cases.mjs`.
//
// Arguments: the test server's program, an empty folder for its scripts, the path of Chromium, and that of playwright-core. Runs in a
// folder that has the tarball. Prints a line of counts for each runtime.
// Starts servers and runtimes; the tests are in `cases.mjs`.

import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath, pathToFileURL } from "node:url";
import { openPage } from "../runners/page.mjs";
import { runAll } from "./cases.mjs";
import { scenarios } from "./scenarios.mjs";

const [program, folder, chromium, playwright] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
for (const [name, response] of Object.entries(scenarios)) {
	writeFileSync(join(folder, `${name}.json`), JSON.stringify({ about: "a script", response, expect: {} }));
}
const server = spawn(program, [folder], { stdio: ["pipe", "pipe", "inherit"] });
const url = await new Promise((ready) => createInterface(server.stdout).once("line", ready));
const here = dirname(fileURLToPath(import.meta.url));
const shared = JSON.parse(readFileSync(join(here, "catalog.json"), "utf8"));
const project = createRequire(pathToFileURL(`${process.cwd()}/package.json`));

async function inNode() {
	const installed = project.resolve("trilogue");
	const outcomes = [];
	for (const path of [installed.replace(/\.cjs$/, ".mjs"), installed]) {
		const system = path.endsWith(".mjs") ? "import" : "require";
		const trilogue = system === "import" ? await import(pathToFileURL(path).href) : project(path);
		outcomes.push({ runtime: `Node (${system})`, ...(await runAll("node", system, trilogue, url, shared)) });
	}
	return outcomes;
}

async function inPage() {
	const imports = { trilogue: "/project/node_modules/trilogue/dist/browser.mjs" };
	const page = `<!doctype html><title>cost</title><script type="importmap">${JSON.stringify({ imports })}</script>`;
	const folders = { cost: here, structured: join(here, "../structured") };
	const browser = await openPage({ project: process.cwd(), chromium, playwright, page, folders });
	const loaded = [];
	browser.page.on("request", (request) => loaded.push(new URL(request.url()).pathname));
	try {
		await browser.page.evaluate(() => import("trilogue"));
		const base = loaded.filter((path) => path.endsWith("/catalog.js"));
		const outcome = await browser.page.evaluate(
			async ([url, shared]) => {
				const { runAll } = await import("/cost/cases.mjs");
				return runAll("browser", "page", await import("trilogue"), url, shared);
			},
			[url, shared],
		);
		if (base.length > 0) outcome.failures.push("the page loaded the catalogue before it was asked for");
		outcome.failed = outcome.failures.length;
		return [{ runtime: "Chromium", ...outcome }];
	} finally {
		await browser.close();
	}
}

for (const outcomes of [await inNode(), chromium ? await inPage() : []]) {
	for (const { runtime, passed, failed, failures } of outcomes) {
		for (const failure of failures) console.error(failure);
		console.log(`${runtime}: ${passed} passed, ${failed} failed`);
		if (failed) process.exitCode = 1;
	}
}
server.stdin.end();
