// Programs for other hosts: Bun, Deno, Jest, and workerd, which runs workers at the edge.
//
// Each host is the one on npm; programs for workerd are bundled as its own tools bundle them.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { talkOutput } from "./samples/talk.mjs";
import { expected } from "./samples/use.mjs";
import { includes, output, same } from "./spawn.mjs";

export async function hostSamples({ tools, endpoint, samples }) {
	const folder = samples(join(tools, "samples"));
	const require = createRequire(join(tools, "package.json"));
	const program = (name) => join(tools, "node_modules/.bin", name);
	const options = { cwd: folder, env: { SAMPLE_URL: endpoint, DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1" } };

	/** Bundles a worker, starts it, and returns its response. */
	async function atTheEdge(entry, modules) {
		const { build } = require("esbuild");
		const bundle = {
			bundle: true,
			format: "esm",
			conditions: ["workerd"],
			external: ["*.wasm", "*.wasm?module"],
			logLevel: "error",
			absWorkingDir: folder,
		};
		await build({ ...bundle, entryPoints: [entry], outfile: "edge/worker.mjs" });
		for (const name of Object.values(modules)) {
			copyFileSync(require.resolve(`trilogue/${name}`), join(folder, "edge", name));
		}
		const embedded = Object.entries(modules).map(([name, file]) => `(name = "${name}", wasm = embed "${file}")`);
		writeFileSync(
			join(folder, "edge/config.capnp"),
			`using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
	services = [
		(name = "main", worker = .sample),
		(name = "internet", network = (allow = ["public", "private", "local"])),
	],
	sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
const sample :Workerd.Worker = (
	modules = [
		(name = "worker.mjs", esModule = embed "worker.mjs"),
		${embedded.join(",\n\t\t")},
	],
	bindings = [(name = "MODEL", service = "internet")],
	compatibilityDate = "2026-11-01",
);
`,
		);
		const words = ["serve", "edge/config.capnp", "--control-fd=3"];
		const workerd = spawn(program("workerd"), words, { cwd: folder, stdio: ["ignore", "inherit", "inherit", "pipe"] });
		const ended = once(workerd, "exit");
		try {
			const lines = createInterface(workerd.stdio[3]);
			const failed = ended.then(() => Promise.reject(new Error("workerd didn't start")));
			const [line] = await Promise.race([once(lines, "line"), failed]);
			const { port } = JSON.parse(line);
			const reply = await fetch(`http://127.0.0.1:${port}/?endpoint=${encodeURIComponent(endpoint)}`);
			return await reply.text();
		} finally {
			workerd.kill();
			await ended;
		}
	}

	return {
		"Bun": async () => {
			const words = ["run", "main.mjs"];
			const { stdout, stderr } = await output(program("bun"), words, options);
			same(stdout, expected);
			same(stderr, "");
			same((await output(program("bun"), ["run", "main-talk.mjs"], options)).stdout, talkOutput);
		},
		"Deno": async () => {
			const rights = ["--allow-net", "--allow-read", "--allow-env"];
			const words = ["run", "--no-lock", "--no-config", "--node-modules-dir=manual", ...rights];
			same((await output(program("deno"), [...words, "main.mjs"], options)).stdout, expected);
			same((await output(program("deno"), [...words, "main-talk.mjs"], options)).stdout, talkOutput);
		},
		"Jest, which looks for open handles": async () => {
			const config = JSON.stringify({ rootDir: folder, testEnvironment: "node", haste: { forceNodeFilesystemAPI: true } });
			const words = ["--config", config, "--detectOpenHandles", "--ci", "--no-cache", "--watchman=false"];
			const { stderr } = await output(program("jest"), words, options);
			includes(stderr, "Tests:       1 passed");
			if (/open handle/.test(stderr)) throw new Error(stderr);
		},
		"workerd": async () => same(await atTheEdge("edge.mjs", { "trilogue.wasm?module": "trilogue.wasm" }), expected),
		"workerd, conversations": async () => {
			const modules = { "trilogue.wasm?module": "trilogue.wasm", "kit.wasm?module": "kit.wasm" };
			same(await atTheEdge("edge-talk.mjs", modules), talkOutput);
		},
		"workerd, a service binding": async () => {
			same(await atTheEdge("edge-binding.mjs", { "trilogue.wasm?module": "trilogue.wasm" }), "Hello!");
			// The platform knows the length of a text, and sends it.
			const requests = await (await fetch(endpoint.replace("/v/stream.plain/whole", "/log"))).json();
			if (!requests.at(-1).headers["content-length"]) throw new Error("the request has no content-length");
		},
		"workerd, trilogue/slim": async () => {
			same(await atTheEdge("edge-slim.mjs", { "trilogue/trilogue.wasm": "trilogue.wasm" }), expected);
		},
	};
}
