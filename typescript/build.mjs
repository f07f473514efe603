// Builds `dist`: the JavaScript of each entry point, and the types.
//
// `cargo xtask package` has put the wasm modules and their glue there. This script adds to them, and removes the glue after it is bundled.

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

/** The wasm modules with glue, with the names by which `src/binding/glue.d.ts` declares it. */
const wasmModules = { trilogue: "glue-of-client", kit: "glue-of-kit" };
/** The modules with parts of `trilogue.wasm`, which have its glue. */
const parts = ["base", "answers"];

/** Tests in the glue that fail for objects of another realm, as edge runtimes pass them, and what replaces them. */
const realmTests = [
	[
		"!(module instanceof WebAssembly.Module)",
		`Object.prototype.toString.call(module) !== "[object WebAssembly.Module]"`,
	],
	["instance instanceof WebAssembly.Instance", `"exports" in instance`],
];

/** Gives esbuild the glue of the wasm modules. */
const glue = {
	name: "glue",
	setup(build) {
		build.onResolve({ filter: /^glue-of-/ }, ({ path }) => {
			const [name] = Object.entries(wasmModules).find(([, glue]) => glue === path);
			return { path: join(import.meta.dirname, `dist/${name}_wasm.js`) };
		});
		build.onLoad({ filter: /_wasm\.js$/ }, async ({ path }) => {
			let contents = readFileSync(path, "utf8");
			for (const [test, replacement] of realmTests) {
				if (contents.split(test).length !== 2) throw new Error(`${path} should contain once: ${test}`);
				contents = contents.replace(test, replacement);
			}
			return { contents: path.endsWith("kit_wasm.js") ? contents : await factory(contents) };
		});
	},
};

/** Wraps glue, which has one module, in a function that creates an instance of it for each module. */
async function factory(contents) {
	const options = {
		stdin: { contents },
		write: false,
		bundle: true,
		format: "iife",
		globalName: "glue",
		target: "es2022",
	};
	const { outputFiles } = await build(options);
	return `export function createGlue() {\n${outputFiles[0].text}return glue;\n}\n`;
}

/** Fails if a part of `trilogue.wasm` imports what its glue does not provide, or has exports that it does not call. */
function checkParts() {
	const read = (name) => new WebAssembly.Module(readFileSync(`dist/${name}.wasm`));
	const members = (list) => list.map(({ module = "", name }) => `${module} ${name}`);
	const { imports, exports } = WebAssembly.Module;
	const whole = read("trilogue");
	const known = new Set([...members(imports(whole)), ...members(exports(whole))]);
	for (const name of parts) {
		const part = read(name);
		const unknown = [...members(imports(part)), ...members(exports(part))].filter((member) => !known.has(member));
		if (unknown.length > 0) throw new Error(`the glue of trilogue.wasm does not fit ${name}.wasm: ${unknown}`);
	}
}

checkParts();

/** Writes the script that embeds a wasm module (`src/entrypoints/embedded.ts`). Returns the property of `globalThis` that it sets. */
function writeEmbedded(name) {
	const module = readFileSync(`dist/${name}.wasm`);
	// Contains a hash, since a program may contain several versions of this package.
	const key = `${name}.wasm ${createHash("sha256").update(module).digest("hex").slice(0, 16)}`;
	const text = gzipSync(module, { level: 9 }).toString("base64");
	writeFileSync(`dist/embedded-${name}.cjs`, `globalThis[${JSON.stringify(key)}]="${text}";\n`);
	return key;
}

const names = Object.keys(wasmModules);
const { version } = JSON.parse(readFileSync("package.json", "utf8"));
const shared = {
	bundle: true,
	minify: true,
	// Of minified files only: Node's files are readable, and their maps would be a tenth of the package.
	sourcemap: true,
	target: "es2022",
	legalComments: "none",
	logLevel: "warning",
	outdir: "dist",
	define: {
		EMBEDDED_KEYS: JSON.stringify(Object.fromEntries(names.map((name) => [name, writeEmbedded(name)]))),
		PACKAGE_VERSION: JSON.stringify(version),
	},
};
/** Files that the entry points load on demand; each is a file of its own. */
const external = [
	"./validator.js",
	"./catalog.js",
	"./library.js",
	"./wasm.cjs",
	"./kit.cjs",
	...names.flatMap((name) => [`./${name}.wasm?module`, `./embedded-${name}.cjs`]),
];

const hosts = ["browser", "deno", "edge", "slim", "universal"];
/** The subpaths that use `kit.wasm`, with the name of their default export. In Node, `node.cjs` holds their code. */
const subpaths = { conversation: "Conversation", snippets: "snippet" };

/** The module of each subpath in `src`. */
const modules = { conversation: "conversation/conversation", snippets: "snippets" };

/** The source of `trilogue/SUBPATH` for one host: `slim` exports the functions that start the module, the other hosts start it on import. */
function subpathSource(subpath, host) {
	const exports = `export * from "./${modules[subpath]}.js";
export { ${subpaths[subpath]} as default } from "./${modules[subpath]}.js";
`;
	if (host === "universal") {
		return `import { installKit } from "./binding/kit.js";
import { universalKit } from "./entrypoints/kit/universal.js";
installKit(universalKit);
${exports}`;
	}
	if (host === "slim") return `${exports}export { init, initSync } from "./entrypoints/kit/slim.js";\n`;
	return `import { installKit } from "./binding/kit.js";
import { kit } from "./entrypoints/kit/${host}.js";
installKit(() => kit);
${exports}`;
}

/** Gives esbuild the entry points of the subpaths, named `subpath:NAME-HOST`. */
const subpathEntries = {
	name: "subpath-entries",
	setup(build) {
		build.onResolve({ filter: /^subpath:/ }, ({ path }) => ({ path: path.slice(8), namespace: "subpath" }));
		build.onLoad({ filter: /.*/, namespace: "subpath" }, ({ path }) => ({
			contents: subpathSource(...path.split("-")),
			resolveDir: "src",
		}));
	},
};

const subpathPoints = Object.keys(subpaths).flatMap((name) => hosts.map((host) => `${name}-${host}`));
// The entry points over wasm share all but their first lines.
const { metafile } = await build({
	...shared,
	entryPoints: [
		...hosts.map((host) => ({ in: `src/entrypoints/${host}.ts`, out: host })),
		{ in: "src/entrypoints/universal-tokens.ts", out: "tokens-universal" },
		...subpathPoints.map((point) => ({ in: `subpath:${point}`, out: point })),
	],
	plugins: [subpathEntries, glue],
	outExtension: { ".js": ".mjs" },
	chunkNames: "shared-[hash]",
	metafile: true,
	splitting: true,
	format: "esm",
	platform: "browser",
	external,
});
// Not minified, which would drop the comments for bundlers.
await build({
	...shared,
	minify: false,
	sourcemap: false,
	entryPoints: { library: "src/structured/library.ts" },
	format: "esm",
	platform: "neutral",
});
await build({
	...shared,
	entryPoints: { validator: "src/structured/validator.ts", catalog: "src/catalog/catalog.ts" },
	format: "esm",
	platform: "neutral",
});
for (const [format, end] of [
	["esm", ".mjs"],
	["cjs", ".cjs"],
]) {
	await build({
		...shared,
		minify: false,
		sourcemap: false,
		entryPoints: { "ai-sdk": "src/ai-sdk/provider.ts" },
		outExtension: { ".js": end },
		format,
		platform: "neutral",
	});
}
// Not minified: for an uncaught error, Node shows the line that threw it.
await build({
	...shared,
	minify: false,
	minifySyntax: true,
	sourcemap: false,
	entryPoints: { node: "src/entrypoints/node.ts", wasm: "src/binding/wasm.ts", kit: "src/binding/kit-wasm.ts" },
	outExtension: { ".js": ".cjs" },
	// Shows the default export to tools that read the file without running it.
	footer: { js: "0 && (module.exports.default = undefined);" },
	format: "cjs",
	platform: "node",
	external,
	plugins: [glue],
});
// `import` and `require` return the same classes. `import` of `node.cjs` would make Node search it for exports, which takes 15 ms.
writeFileSync("dist/node-exports.cjs", 'exports.all = require("./node.cjs");\n');
const exported = (file) => metafile.outputs[`dist/${file}`].exports.filter((name) => name !== "default");
const reexport = (names, main) => `import { all } from "./node-exports.cjs";
export const { ${names.join(", ")} } = all;
export default all.${main};
`;
writeFileSync("dist/node.mjs", reexport(exported("browser.mjs"), "default"));
for (const [name, main] of Object.entries(subpaths)) {
	const names = exported(`${name}-browser.mjs`);
	const picked = `const { ${names.join(", ")} } = require("./node.cjs");\nmodule.exports = { ${names.join(", ")}, default: ${main} };\n`;
	writeFileSync(`dist/${name}-node.mjs`, reexport(names, main));
	writeFileSync(`dist/${name}-node.cjs`, picked);
}
// `trilogue/tokens` needs the addon, so it has no entry points for hosts without it.
const tokens = [
	"count",
	"countPrompt",
	"countUpTo",
	"decode",
	"decodeBytes",
	"encode",
	"encodePrompt",
	"renderPrompt",
].join(", ");
writeFileSync(
	"dist/tokens-node.mjs",
	`import { all } from "./node-exports.cjs";\nexport const { ${tokens} } = all.tokens;\n`,
);
writeFileSync(
	"dist/tokens-node.cjs",
	`const { ${tokens} } = require("./node.cjs").tokens;\nmodule.exports = { ${tokens} };\n`,
);
for (const name of names) {
	for (const end of ["_wasm.js", "_wasm.d.ts", "_wasm_bg.wasm.d.ts"]) rmSync(`dist/${name}${end}`, { force: true });
}

execFileSync(process.execPath, ["node_modules/typescript/bin/tsc", "--emitDeclarationOnly"], { stdio: "inherit" });
// The types of what has no source file: the subpaths, and the wasm modules as a bundler or a host imports them, for `init`.
const wasmSource = `export type { WasmSource } from "./binding/wasm.js";\n`;
for (const name of Object.keys(subpaths)) {
	writeFileSync(`dist/types/${name}-browser.d.ts`, subpathSource(name, "slim").replace(/^export \{ init.*\n/m, ""));
	writeFileSync(`dist/types/${name}-slim.d.ts`, subpathSource(name, "slim") + wasmSource);
}
const source = "declare const source: WasmSource;\nexport default source;\n";
writeFileSync("dist/types/wasm.d.ts", `import type { WasmSource } from "./binding/wasm.js";\n${source}`);
// CommonJS projects read the same types as CommonJS.
cpSync("dist/types", "dist/types-cjs", { recursive: true });
writeFileSync("dist/types-cjs/package.json", '{ "type": "commonjs" }\n');
