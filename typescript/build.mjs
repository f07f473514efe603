// Builds `dist`: the JavaScript of each entry point, and the types.
//
// `cargo xtask package` has put the wasm modules and their glue there. This script adds to them, and removes the glue after it is bundled.

import { execFileSync } from "node:child_process";
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { build } from "esbuild";

const shared = {
	bundle: true,
	minify: true,
	target: "es2022",
	legalComments: "none",
	logLevel: "warning",
	outdir: "dist",
	// The JavaScript of the wasm modules: see `src/binding/glue.d.ts`.
	alias: { "glue-of-client": "./dist/trilogue_wasm.js", "glue-of-kit": "./dist/kit_wasm.js" },
};
/** Files that the entry points load on demand; each is a file of its own. */
const external = [
	"./validator.js",
	"./catalog.js",
	"./wasm.cjs",
	"./kit.cjs",
	"./trilogue.wasm?module",
	"./kit.wasm?module",
];

const hosts = ["browser", "deno", "edge", "slim"];
/** The subpaths that use `kit.wasm`, with the name of their default export. In Node, `node.cjs` holds their code. */
const subpaths = { conversation: "Conversation", snippets: "snippet" };

/** The modules of the subpaths, by the name of their module in `src`. */
const modules = { conversation: "conversation/conversation", snippets: "snippets" };

/** The source of `trilogue/SUBPATH` for one host: `slim` exports the functions that start the module, the other hosts start it on import. */
function subpathSource(subpath, host) {
	const exports = `export * from "./${modules[subpath]}.js";
export { ${subpaths[subpath]} as default } from "./${modules[subpath]}.js";
`;
	if (host === "slim") return `${exports}export { init, initSync } from "./entrypoints/kit-slim.js";\n`;
	return `import { installKit } from "./binding/kit.js";
import { kit } from "./entrypoints/kit-${host}.js";
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

const names = Object.keys(subpaths);
const subpathPoints = names.flatMap((name) => hosts.map((host) => `${name}-${host}`));
// The entry points over wasm share all but their first lines.
const { metafile } = await build({
	...shared,
	entryPoints: [
		...hosts.map((host) => ({ in: `src/entrypoints/${host}.ts`, out: host })),
		...subpathPoints.map((point) => ({ in: `subpath:${point}`, out: point })),
	],
	plugins: [subpathEntries],
	outExtension: { ".js": ".mjs" },
	chunkNames: "shared-[hash]",
	metafile: true,
	splitting: true,
	format: "esm",
	platform: "browser",
	external,
});
await build({
	...shared,
	entryPoints: { validator: "src/structured/validator.ts", catalog: "src/catalog/catalog.ts" },
	format: "esm",
	platform: "neutral",
});
// Not minified: for an uncaught error, Node shows the line that threw it.
await build({
	...shared,
	minify: false,
	minifySyntax: true,
	entryPoints: { node: "src/entrypoints/node.ts", wasm: "src/binding/wasm.ts", kit: "src/binding/kit-wasm.ts" },
	outExtension: { ".js": ".cjs" },
	format: "cjs",
	platform: "node",
	external,
	// The glue would use it to find the module, which these entry points pass to it.
	define: { "import.meta.url": "undefined" },
});
// The minifier drops the comments that make bundlers ignore an import whose name is a variable.
for (const file of readdirSync("dist").filter((name) => /\.[cm]js$/.test(name))) {
	const code = readFileSync(`dist/${file}`, "utf8");
	writeFileSync(`dist/${file}`, code.replace(/\bimport\((?=\w)/g, "import(/*webpackIgnore:true*//*@vite-ignore*/"));
}
// `import` and `require` return the same classes. `import` of a CommonJS file would make Node search it for exports, which takes 15 ms.
const exported = (file) => metafile.outputs[`dist/${file}`].exports.filter((name) => name !== "default");
const reexport = (names, main) => `import { createRequire } from "node:module";
const all = createRequire(import.meta.url)("./node.cjs");
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
for (const glue of ["trilogue", "kit"].flatMap((name) => [
	`${name}_wasm.js`,
	`${name}_wasm.d.ts`,
	`${name}_wasm_bg.wasm.d.ts`,
]))
	rmSync(`dist/${glue}`, { force: true });

execFileSync(process.execPath, ["node_modules/typescript/bin/tsc", "--emitDeclarationOnly"], { stdio: "inherit" });
// The types of what has no source file: the subpaths, and the wasm modules as a bundler or a host imports them, for `init`.
const wasmSource = `export type { WasmSource } from "./binding/wasm.js";\n`;
for (const name of names) {
	writeFileSync(`dist/types/${name}-browser.d.ts`, subpathSource(name, "slim").replace(/^export \{ init.*\n/m, ""));
	writeFileSync(`dist/types/${name}-slim.d.ts`, subpathSource(name, "slim") + wasmSource);
}
const source = "declare const source: WasmSource;\nexport default source;\n";
writeFileSync("dist/types/wasm.d.ts", `import type { WasmSource } from "./binding/wasm.js";\n${source}`);
// CommonJS projects read the same types as CommonJS.
cpSync("dist/types", "dist/types-cjs", { recursive: true });
writeFileSync("dist/types-cjs/package.json", '{ "type": "commonjs" }\n');
