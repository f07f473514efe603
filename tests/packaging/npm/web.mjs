// Sample projects for pages: bundlers, workers, and no bundler. Each runs in Chromium under a strict Content-Security-Policy.
//
// Bundlers have their default options, except for a plugin or an option for assets that their documentation names.

import { copyFileSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { openPage, strict } from "../../runners/page.mjs";
import { talkOutput } from "./samples/talk.mjs";
import { expected } from "./samples/use.mjs";
import { output, same } from "./spawn.mjs";

export async function webSamples(context) {
	const { tools, endpoint, chromium, playwright } = context;
	const folder = context.samples(join(tools, "samples"));
	const require = createRequire(join(tools, "package.json"));
	const load = async (name) => import(pathToFileURL(require.resolve(name)).href);
	const meta = `<!doctype html><title>sample</title><meta name="endpoint" content="${endpoint}">`;

	/** Opens the page that was built into `out`. Returns the text of its output element. */
	async function shown(out, html, wanted = expected) {
		const options = { project: tools, chromium, playwright, folders: { out }, policy: strict };
		const browser = await openPage({ ...options, page: html });
		try {
			same(await browser.page.locator("output").textContent({ timeout: 30_000 }), wanted);
		} finally {
			await browser.close();
		}
	}

	const script = (file, kind = 'type="module"') => `${meta}<body><script ${kind} src="/out/${file}"></script>`;
	const { build: esbuild } = require("esbuild");
	const bundled = (options) => esbuild({ bundle: true, logLevel: "error", absWorkingDir: folder, ...options });
	const wasm = (name) => require.resolve(`trilogue/${name}.wasm`);
	const copyModules = (out, ...names) => {
		for (const name of names) copyFileSync(wasm(name), join(out, `${name}.wasm`));
	};

	/** The configuration of Vite: a page in `root`, below `/out/`. */
	async function vite(entry, options = {}) {
		const { build } = await load("vite");
		const { default: react } = await load("@vitejs/plugin-react");
		const out = join(folder, `vite-${entry}`);
		const rolldownOptions = { input: join(folder, entry), output: { entryFileNames: "entry.js" } };
		const config = { root: folder, base: "/out/", logLevel: "error", configFile: false, plugins: [react()], ...options };
		await build({ ...config, build: { outDir: out, rolldownOptions } });
		return out;
	}

	function webpack(entry) {
		const out = join(folder, `webpack-${entry}`);
		const config = {
			mode: "production",
			context: folder,
			entry: `./${entry}`,
			output: { path: out, publicPath: "/out/", filename: "entry.js" },
			performance: false,
		};
		return new Promise((resolve, reject) => {
			require("webpack")(config, (error, stats) => {
				const { errors = [], warnings = [] } = stats?.toJson("errors-warnings") ?? {};
				const wrong = error ?? [...errors, ...warnings][0];
				if (wrong) reject(new Error(wrong.message));
				else resolve(out);
			});
		});
	}

	async function rollup(plugins) {
		const { rollup } = await load("rollup");
		const { nodeResolve } = await load("@rollup/plugin-node-resolve");
		const out = join(folder, `rollup-${plugins.length}`);
		const input = { entry: join(folder, "page.mjs") };
		const onwarn = ({ message }) => {
			throw new Error(message);
		};
		const bundle = await rollup({ input, onwarn, plugins: [nodeResolve({ browser: true }), ...plugins] });
		await bundle.write({ dir: out, format: "es" });
		await bundle.close();
		return out;
	}

	return {
		"a script module, no bundler": async () => {
			const imports = { trilogue: "/project/node_modules/trilogue/dist/browser.mjs" };
			const map = `<script type="importmap">${JSON.stringify({ imports })}</script>`;
			// An import map is an inline script, so this page can't be a strict one.
			const page = `${meta}${map}<body><script type="module" src="/out/page.mjs"></script>`;
			const browser = await openPage({ project: tools, chromium, playwright, folders: { out: folder }, page });
			same(await browser.page.locator("output").textContent(), expected);
			await browser.close();
		},
		"Vite with React": async () => shown(await vite("app.jsx"), script("entry.js"), "Hello!"),
		"Vite, a worker": async () => shown(await vite("page-worker.mjs", { worker: { format: "es" } }), script("entry.js")),
		"Vite's development server": async () => {
			const { createServer } = await load("vite");
			const server = { port: 0, host: "127.0.0.1", hmr: false, ws: false };
			const dev = await createServer({ root: folder, logLevel: "error", configFile: false, appType: "mpa", server });
			await dev.listen();
			const { port } = dev.httpServer.address();
			const page = `${meta}<body><script type="module" src="http://127.0.0.1:${port}/page.mjs"></script>`;
			const browser = await openPage({ project: tools, chromium, playwright, page });
			same(await browser.page.locator("output").textContent(), expected);
			await browser.close();
			await dev.close();
		},
		"webpack": async () => shown(await webpack("page.mjs"), script("entry.js", "defer")),
		"Vite, conversations": async () => shown(await vite("page-talk.mjs"), script("entry.js"), talkOutput),
		"webpack, conversations": async () => shown(await webpack("page-talk.mjs"), script("entry.js", "defer"), talkOutput),
		"webpack, a worker": async () => shown(await webpack("page-worker.mjs"), script("entry.js", "defer")),
		"Rollup": async () => {
			const { importMetaAssets } = await load("@web/rollup-plugin-import-meta-assets");
			await shown(await rollup([importMetaAssets()]), script("entry.js"));
		},
		"Rollup, the modules copied": async () => {
			const out = await rollup([]);
			copyModules(out, "base", "answers", "trilogue");
			await shown(out, script("entry.js"));
		},
		"esbuild, only the whole module copied": async () => {
			const outdir = join(folder, "esbuild");
			await bundled({ entryPoints: ["page.mjs"], format: "esm", outdir });
			copyModules(outdir, "trilogue");
			await shown(outdir, script("page.js"));
		},
		"esbuild, minified": async () => {
			const outdir = join(folder, "esbuild-small");
			await bundled({ entryPoints: ["page.mjs"], format: "esm", minify: true, outdir });
			copyModules(outdir, "base", "answers", "trilogue");
			await shown(outdir, script("page.js"));
		},
		"esbuild, a classic script": async () => {
			const outdir = join(folder, "esbuild-slim");
			await bundled({ entryPoints: ["slim.mjs"], loader: { ".wasm": "file" }, publicPath: "/out", outdir });
			await shown(outdir, script("slim.js", "defer"));
		},
		"esbuild, a classic worker": async () => {
			const outdir = join(folder, "esbuild-worker");
			const entryPoints = ["page-classic.mjs", "slim-worker.mjs"];
			await bundled({ entryPoints, loader: { ".wasm": "binary" }, outdir });
			await shown(outdir, script("page-classic.js", "defer"));
		},
		"publint": async () => {
			const { publint } = await load("publint");
			for (const tarball of context.tarballs) {
				const { buffer } = readFileSync(tarball);
				const { messages } = await publint({ pack: { tarball: buffer }, strict: true });
				if (messages.length > 0) throw new Error(`${tarball}: ${JSON.stringify(messages)}`);
			}
		},
		"are the types wrong": async () => {
			const attw = join(tools, "node_modules/.bin/attw");
			const [main] = context.tarballs;
			const words = [main, "--no-emoji", "--format", "ascii"];
			await output(attw, [...words, "--profile", "node16", "--entrypoints", ".", "conversation"]);
			// Entry points without CommonJS have no types for it.
			await output(attw, [...words, "--profile", "esm-only", "--entrypoints", "slim", "trilogue.wasm", "base.wasm", "answers.wasm", "conversation/slim", "kit.wasm"]);
		},
	};
}
