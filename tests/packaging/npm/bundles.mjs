// Programs for Node that a bundler has put together, or whose files Vercel's file tracing has collected.
//
// Each runs in a project with the addon, which it must use, and in an empty folder, where it must use the wasm module that it contains.

import { cpSync, mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { talkOutput } from "./samples/talk.mjs";
import { includes, output, same } from "./spawn.mjs";

export async function bundleSamples({ work, tools, endpoint, samples }) {
	const folder = samples(join(tools, "samples"));
	const require = createRequire(join(tools, "package.json"));
	const load = async (name) => import(pathToFileURL(require.resolve(name)).href);
	const entry = join(folder, "main-talk.mjs");
	const run = (program, file, cwd, env = {}) => output(program, [file], { cwd, env: { SAMPLE_URL: endpoint, ...env } });

	/** Runs the program that `build` writes into a folder of the project, there and in a copy. `build` returns the name of its file. */
	function bundled(build, program = "node") {
		return async (name) => {
			const folderName = name.replaceAll(/\W+/g, "-");
			const out = join(folder, "bundles", folderName);
			mkdirSync(out, { recursive: true });
			const file = await build(out);
			const native = await run(program, join(out, file), work, { TRILOGUE_BINDING: "native" });
			same(native.stdout, talkOutput);
			same(native.stderr, "");
			const moved = join(work, "bundles", folderName);
			cpSync(out, moved, { recursive: true });
			// The addon of the working directory is not the program's.
			const { stdout, stderr } = await run(program, join(moved, file), tools);
			same(stdout, talkOutput);
			includes(stderr, "TRILOGUE_WASM");
		};
	}

	function esbuild(format, options = {}) {
		return async (out) => {
			const file = format === "esm" ? "main.mjs" : "main.cjs";
			const bundle = { bundle: true, platform: "node", format, logLevel: "silent", entryPoints: [entry], ...options };
			const { warnings } = await require("esbuild").build({ ...bundle, outfile: join(out, file) });
			// The sample awaits at its top level in ESM; the entry for CommonJS does not.
			same(JSON.stringify(warnings), "[]");
			return file;
		};
	}

	function webpack(out) {
		const config = {
			mode: "production",
			target: "node",
			context: folder,
			entry,
			output: { path: out, filename: "main.cjs", chunkFormat: "commonjs" },
			performance: false,
		};
		return new Promise((resolve, reject) => {
			require("webpack")(config, (error, stats) => {
				const { errors = [], warnings = [] } = stats?.toJson("errors-warnings") ?? {};
				const wrong = error ?? [...errors, ...warnings][0];
				if (wrong) reject(new Error(wrong.message));
				else resolve("main.cjs");
			});
		});
	}

	function rollup(resolution, ...names) {
		return async (out) => {
			const { rollup } = await load("rollup");
			const { nodeResolve } = await load("@rollup/plugin-node-resolve");
			const plugins = await Promise.all(names.map(async (name) => (await load(name)).default()));
			const onwarn = ({ message }) => {
				throw new Error(message);
			};
			const bundle = await rollup({ input: { main: entry }, onwarn, plugins: [nodeResolve(resolution), ...plugins] });
			await bundle.write({ dir: out, format: "es", entryFileNames: "[name].mjs", chunkFileNames: "[name].mjs" });
			await bundle.close();
			return "main.mjs";
		};
	}

	function bun(target) {
		return async (out) => {
			await output(join(tools, "node_modules/.bin/bun"), ["build", entry, `--target=${target}`, "--outdir", out]);
			return "main-talk.js";
		};
	}

	/** Copies the files that the tracing finds, as Vercel does. */
	async function traced(out) {
		const { nodeFileTrace } = await load("@vercel/nft");
		const { fileList } = await nodeFileTrace([entry], { base: tools });
		for (const file of fileList) {
			mkdirSync(dirname(join(out, file)), { recursive: true });
			cpSync(join(tools, file), join(out, file), { dereference: true });
		}
		return "samples/main-talk.mjs";
	}

	const all = {
		"esbuild for Node": bundled(esbuild("esm")),
		"esbuild for Node, CommonJS": bundled(esbuild("cjs", { entryPoints: [join(folder, "main-talk.cjs")] })),
		"esbuild for Node, conditions of its own": bundled(esbuild("esm", { conditions: ["custom"] })),
		"webpack for Node": bundled(webpack),
		"Rollup for Node": bundled(rollup({})),
		"Rollup for Node, its conditions": bundled(rollup({ exportConditions: ["node"] }, "@rollup/plugin-commonjs")),
		"bun build for Node": bundled(bun("node")),
		"bun build for Bun": bundled(bun("bun"), join(tools, "node_modules/.bin/bun")),
		"Vercel's file tracing": bundled(traced),
	};
	return Object.fromEntries(Object.entries(all).map(([name, run]) => [name, () => run(name)]));
}
