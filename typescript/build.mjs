// Builds `dist`: the JavaScript of each entry, and the types.
//
// Law: adds to what `cargo xtask package` has put there (the wasm module, its glue, the addon) and leaves nothing unused behind.

import { execFileSync } from "node:child_process";
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { build } from "esbuild";

const shared = { bundle: true, minify: true, target: "es2022", legalComments: "none", logLevel: "warning" };
// The addon is loaded by its path. The name keeps the bundler from looking for it.
const loader = {
	esm: 'import { createRequire } from "node:module"; const load = createRequire(import.meta.url);',
	cjs: "const load = require;",
};

await build({
	...shared,
	entryPoints: ["src/browser.ts"],
	outfile: "dist/browser.mjs",
	format: "esm",
	platform: "browser",
	// A file of its own, for those who need it.
	external: ["./validator.js"],
});
await build({
	...shared,
	entryPoints: ["src/validator.ts"],
	outfile: "dist/validator.js",
	format: "esm",
	platform: "browser",
});
for (const [format, ending] of [
	["esm", "mjs"],
	["cjs", "cjs"],
]) {
	const banner = { js: loader[format] };
	await build({
		...shared,
		entryPoints: ["src/node.ts"],
		outfile: `dist/node.${ending}`,
		format,
		platform: "node",
		banner,
	});
}
// The minifier drops what tells bundlers to leave an import alone whose name is a variable.
for (const file of ["dist/browser.mjs", "dist/node.mjs", "dist/node.cjs"]) {
	const code = readFileSync(file, "utf8");
	writeFileSync(file, code.replace(/\bimport\((?=\w)/g, "import(/*webpackIgnore:true*//*@vite-ignore*/"));
}
for (const glue of ["trilogue_wasm.js", "trilogue_wasm.d.ts", "trilogue_wasm_bg.wasm.d.ts"])
	rmSync(`dist/${glue}`, { force: true });

execFileSync(process.execPath, ["node_modules/typescript/bin/tsc", "--emitDeclarationOnly"], { stdio: "inherit" });
// CommonJS projects read the same types as CommonJS.
cpSync("dist/types", "dist/types-cjs", { recursive: true });
writeFileSync("dist/types-cjs/package.json", '{ "type": "commonjs" }\n');
