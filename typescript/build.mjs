// Builds `dist`: the JavaScript of each entry, and the types.
//
// Law: adds to what `cargo xtask package` has put there (the wasm module and its glue) and leaves nothing unused behind.

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
};
// What the entries load when they need it, each a file of its own.
const external = [
	"./validator.js",
	"./catalog.js",
	"./wasm.cjs",
	"./kit.cjs",
	"./trilogue.wasm?module",
	"./kit.wasm?module",
];

const hosts = ["browser", "deno", "edge", "slim"];
const entries = hosts.map((host) => `src/${host}.ts`);
/** What is imported as `trilogue/NAME`: over `kit.wasm`, and in Node over what `node.ts` exports. */
const beside = ["conversation", "snippets"];

// The entries over wasm share all but their first lines.
const { metafile } = await build({
	...shared,
	entryPoints: [...entries, ...beside.flatMap((name) => hosts.map((host) => `src/${name}-${host}.ts`))],
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
	entryPoints: ["src/validator.ts", "src/catalog.ts"],
	format: "esm",
	platform: "neutral",
});
// In Node, an uncaught error shows the line that threw it.
await build({
	...shared,
	minify: false,
	minifySyntax: true,
	entryPoints: { node: "src/node.ts", wasm: "src/glue.ts", kit: "src/kit-glue.ts" },
	outExtension: { ".js": ".cjs" },
	format: "cjs",
	platform: "node",
	external,
	// The glue could find its module by itself, which here is given to it.
	define: { "import.meta.url": "undefined" },
});
// The minifier drops what tells bundlers to leave an import alone whose name is a variable.
for (const file of readdirSync("dist").filter((name) => /\.[cm]js$/.test(name))) {
	const code = readFileSync(`dist/${file}`, "utf8");
	writeFileSync(`dist/${file}`, code.replace(/\bimport\((?=\w)/g, "import(/*webpackIgnore:true*//*@vite-ignore*/"));
}
// `import` and `require` give the same classes. Importing CommonJS would make Node search it for exports, which costs 15 ms.
const exported = (file) => metafile.outputs[`dist/${file}`].exports.filter((name) => name !== "default");
const reexport = (names, main) => `import { createRequire } from "node:module";
const all = createRequire(import.meta.url)("./node.cjs");
export const { ${names.join(", ")} } = all;
export default all.${main};
`;
writeFileSync("dist/node.mjs", reexport(exported("browser.mjs"), "default"));
for (const name of beside) {
	const names = exported(`${name}-browser.mjs`);
	const main = names.find((known) => name.startsWith(known.toLowerCase()));
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
// The module itself, however a bundler or a host hands it over: for `init`.
const source = "declare const source: WasmSource;\nexport default source;\n";
writeFileSync("dist/types/wasm.d.ts", `import type { WasmSource } from "./glue.js";\n${source}`);
// CommonJS projects read the same types as CommonJS.
cpSync("dist/types", "dist/types-cjs", { recursive: true });
writeFileSync("dist/types-cjs/package.json", '{ "type": "commonjs" }\n');
