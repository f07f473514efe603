// Programs of frameworks: a page that the server renders, code that runs in the page, and routes.
//
// Arguments: an empty folder, the endpoint, the path of Chromium, that of playwright-core, the two tarballs, and optionally a part of the names
// of the samples to run. No framework is configured for this package. Prints how many samples passed; runs all of them, also after a failure.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { includes, output, same } from "../spawn.mjs";

const [work, endpoint, chromium, playwright, main, platform, only = ""] = process.argv.slice(2);
const here = dirname(fileURLToPath(import.meta.url));
const { chromium: launcher } = (await import(pathToFileURL(join(playwright, "index.js")).href)).default;
const wanted = "Hello!";
/** The longest time that a server may take to answer, in milliseconds. */
const patience = 90_000;

const next = { project: "next", program: "next", routes: ["node", "edge"] };
const samples = {
	"Next.js, Turbopack": { ...next, build: ["build"], serve: (port) => ["start", "-p", port] },
	"Next.js, webpack": { ...next, build: ["build", "--webpack"], serve: (port) => ["start", "-p", port] },
	"Next.js's development server, Turbopack": { ...next, serve: (port) => ["dev", "-p", port] },
	"Next.js's development server, webpack": { ...next, serve: (port) => ["dev", "--webpack", "-p", port] },
	"SvelteKit": { project: "sveltekit", program: "vite", build: ["build"], server: "build/index.js", routes: ["node"] },
	"React Router": {
		project: "react-router",
		program: "react-router",
		build: ["build"],
		server: "node_modules/@react-router/serve/bin.js",
		words: ["build/server/index.js"],
		routes: ["node"],
	},
};

const installed = new Set();

/** Installs a project with the tarballs. Returns its folder. */
async function install(project) {
	const folder = join(work, project);
	if (installed.has(project)) return folder;
	cpSync(join(here, project), folder, { recursive: true });
	cpSync(join(here, "answer.js"), join(folder, "answer.js"));
	const words = ["install", "--no-audit", "--no-fund", "--loglevel=error", main, platform];
	await output("npm", words, { cwd: folder, env: process.env, timeout: 300_000 });
	installed.add(project);
	return folder;
}

async function freePort() {
	const server = createServer().listen(0, "127.0.0.1");
	await once(server, "listening");
	const { port } = server.address();
	server.close();
	return `${port}`;
}

/** Fetches a page as soon as the server answers. */
async function text(url, server) {
	for (const started = Date.now(); ; ) {
		try {
			return await (await fetch(url)).text();
		} catch (error) {
			if (Date.now() - started > patience || server.exitCode !== null) throw error;
			await new Promise((resolve) => setTimeout(resolve, 100));
		}
	}
}

async function run({ project, program, build, server: file, words: given = [], serve, routes }) {
	const folder = await install(project);
	const { PATH, HOME } = process.env;
	const port = await freePort();
	const settings = { HOST: "127.0.0.1", PORT: port, NEXT_TELEMETRY_DISABLED: "1" };
	const env = { PATH, HOME, SAMPLE_URL: endpoint, ...settings };
	const tool = join(folder, "node_modules/.bin", program);
	if (build) await output(tool, build, { cwd: folder, env, timeout: 300_000 });
	const words = file ? [join(folder, file), ...given] : [tool, ...serve(port), "-H", "127.0.0.1"];
	const server = spawn(process.execPath, words, { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"] });
	const ended = once(server, "exit");
	let log = "";
	for (const stream of [server.stdout, server.stderr]) stream.on("data", (part) => (log += part));
	const browser = await launcher.launch({ executablePath: chromium, args: ["--no-sandbox"] });
	try {
		const url = `http://127.0.0.1:${port}`;
		includes(await text(`${url}/`, server), `<p id="server">${wanted}</p>`);
		for (const route of routes) same(await text(`${url}/${route}`, server), wanted);
		const page = await browser.newPage();
		await page.goto(url);
		same(await page.locator("output").textContent({ timeout: patience }), wanted);
		// The addon is installed, so the server must have found it.
		if (log.includes("TRILOGUE_WASM")) throw new Error("the server uses the wasm module");
	} catch (error) {
		throw new Error(`${error.stack}\n${log}`);
	} finally {
		await browser.close();
		server.kill();
		await ended;
	}
}

const counts = { passed: 0, failed: 0 };
for (const [name, sample] of Object.entries(samples)) {
	if (!name.includes(only)) continue;
	try {
		await run(sample);
		counts.passed += 1;
	} catch (error) {
		counts.failed += 1;
		console.error(`${name}: ${error?.stack ?? error}`);
	}
}
// Servers and gateways may refuse a body of unknown length.
const requests = await (await fetch(new URL(`/log/${endpoint.split("/").at(-1)}`, endpoint))).json();
for (const { headers } of requests.filter(({ headers }) => !headers["content-length"])) {
	counts.failed += 1;
	console.error(`a request has no content-length: ${JSON.stringify(headers)}`);
}
console.log(`frameworks: ${counts.passed} passed, ${counts.failed} failed`);
process.exit(counts.failed ? 1 : 0);
