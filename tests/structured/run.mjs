// Runs the tests of structured output and tools in Node and in headless Chromium, and the examples, against a server of its own.
//
// Arguments: the test server's program, an empty folder for its scripts, the path of Chromium, and that of playwright-core. Runs in a
// folder that has the tarball, the schema libraries and the examples. Prints a line of counts for each runtime.
// Starts servers and runtimes; the tests are in `cases.mjs` and `operations.mjs`.

import { execFile, spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { openPage } from "../runners/page.mjs";
import { runAll } from "./cases.mjs";
import { replayOperations } from "./operations.mjs";
import { printed, scenarios } from "./scenarios.mjs";

const [program, folder, chromium, playwright] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
for (const [name, response] of Object.entries(scenarios)) {
	const vector = { about: "a script", response, expect: {} };
	writeFileSync(join(folder, `${name}.json`), JSON.stringify(vector));
}
const server = spawn(program, [folder], { stdio: ["pipe", "pipe", "inherit"] });
const url = await new Promise((ready) => createInterface(server.stdout).once("line", ready));

/** The installed package's module, which is not resolved from this file. */
const project = createRequire(pathToFileURL(`${process.cwd()}/package.json`));
const load = (name) => import(pathToFileURL(project.resolve(name)).href);

async function inNode() {
	const trilogue = await import(pathToFileURL(project.resolve("trilogue").replace(/\.cjs$/, ".mjs")).href);
	const { z } = await load("zod");
	const v = await load("valibot");
	const { type } = await load("arktype");
	const libraries = {
		zod: z.object({ name: z.string(), population: z.int().optional() }),
		valibot: v.object({ name: v.string(), population: v.optional(v.pipe(v.number(), v.integer())) }),
		arktype: type({ name: "string", "population?": "number.integer" }),
	};
	const lists = {
		zod: z.object({ items: z.array(z.object({ name: z.string(), size: z.number().optional() })) }),
		valibot: v.object({ items: v.array(v.object({ name: v.string(), size: v.optional(v.number()) })) }),
		arktype: type({ items: type({ name: "string", "size?": "number" }).array() }),
	};
	return runAll("node", trilogue, url, libraries, lists);
}

async function inPage() {
	const modules = { trilogue: "trilogue/dist/browser.mjs", zod: "zod/index.js" };
	const imports = Object.fromEntries(
		Object.entries(modules).map(([name, path]) => [name, `/project/node_modules/${path}`]),
	);
	const page = `<!doctype html><title>structured</title><script type="importmap">${JSON.stringify({ imports })}</script>`;
	const folders = { structured: dirname(fileURLToPath(import.meta.url)) };
	const browser = await openPage({ project: process.cwd(), chromium, playwright, page, folders });
	try {
		return await browser.page.evaluate(async (url) => {
			const { runAll } = await import("/structured/cases.mjs");
			const { z } = await import("zod");
			const zod = z.object({ name: z.string(), population: z.int().optional() });
			const list = z.object({ items: z.array(z.object({ name: z.string(), size: z.number().optional() })) });
			return runAll("browser", await import("trilogue"), url, { zod }, { zod: list });
		}, url);
	} finally {
		await browser.close();
	}
}

/** Bundles the package for a page without schema libraries. */
async function bundled() {
	const { build } = createRequire(join(playwright, "..", "esbuild", "package.json"))("esbuild");
	const stdin = { contents: 'export { Client } from "trilogue";', resolveDir: process.cwd() };
	const options = { bundle: true, write: false, format: "esm", platform: "browser", logLevel: "silent" };
	const { errors, warnings, outputFiles } = await build({ ...options, stdin });
	const failures = [...errors, ...warnings].map(({ text }) => text);
	if (!outputFiles[0].text.includes("webpackIgnore")) failures.push("webpack isn't told which import to leave alone");
	return { passed: failures.length ? 0 : 1, failed: failures.length, failures };
}

async function examples() {
	const failures = [];
	for (const [name, expected] of Object.entries(printed)) {
		const file = `${name.replace("example.", "")}.mjs`;
		const env = { ...process.env, MODELSLAB_BASE_URL: `${url}/v/${name}/random/${name}`, MODELSLAB_API_KEY: "" };
		const { stdout } = await promisify(execFile)("node", [file], { env });
		if (stdout !== expected) failures.push(`${file} printed ${JSON.stringify(stdout)}`);
	}
	return { passed: Object.keys(printed).length - failures.length, failed: failures.length, failures };
}

for (const [runtime, run] of [
	["Node", inNode],
	["Chromium", inPage],
	["a bundle", bundled],
	["examples in Node", examples],
	["operations in Node", () => replayOperations(project)],
]) {
	if ((runtime === "Chromium" || runtime === "a bundle") && !chromium) continue;
	const { passed, failed, failures } = await run();
	for (const failure of failures) console.error(failure);
	console.log(`${runtime}: ${passed} passed, ${failed} failed`);
	if (failed) process.exitCode = 1;
}
server.stdin.end();
