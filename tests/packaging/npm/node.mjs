// Sample projects in Node: modules, CommonJS, TypeScript, and a project without the addon.
//
// A project contains the tarballs and nothing else.

import { cpSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { talkOutput } from "./samples/talk.mjs";
import { expected } from "./samples/use.mjs";
import { failure, includes, output, same } from "./spawn.mjs";

export async function nodeSamples({ work, tarballs, typescript, endpoint, samples }) {
	const project = samples(join(work, "node"));
	writeFileSync(join(project, "package.json"), '{ "private": true }\n');
	const quiet = ["--no-audit", "--no-fund", "--no-save", "--loglevel=error"];
	await output("npm", ["install", ...quiet, ...tarballs], { cwd: project, env: process.env });

	/** Runs a program with an endpoint. Returns its output on both streams. */
	const run = (file, env = {}, cwd = project) => output("node", [file], { cwd, env: { SAMPLE_URL: endpoint, ...env } });

	/** A project without the addon, as on a platform that has none. */
	const bare = samples(join(work, "bare"));
	cpSync(join(project, "node_modules/trilogue"), join(bare, "node_modules/trilogue"), { recursive: true });

	return {
		"a module in Node": async () => {
			const { stdout, stderr } = await run("main.mjs");
			same(stdout, expected);
			same(stderr, "");
			same((await run("main.mjs", { TRILOGUE_BINDING: "native" })).stdout, expected);
		},
		"conversations in Node": async () => {
			for (const file of ["main-talk.mjs", "main-talk.cjs"]) {
				for (const TRILOGUE_BINDING of ["native", "wasm"]) same((await run(file, { TRILOGUE_BINDING })).stdout, talkOutput);
			}
		},
		"CommonJS in Node": async () => same((await run("main.cjs")).stdout, expected),
		"an endpoint from the environment": async () => {
			for (const TRILOGUE_BINDING of ["native", "wasm"]) {
				const env = { MODELSLAB_BASE_URL: ` ${endpoint} `, TRILOGUE_BINDING };
				same((await run("environment.mjs", env)).stdout, "Hello!");
			}
		},
		"the wasm module where no addon fits": async () => {
			for (const file of ["main.mjs", "main.cjs"]) {
				const { stdout, stderr } = await run(file, {}, bare);
				same(stdout, expected);
				includes(stderr, "TRILOGUE_WASM");
				includes(stderr, "@trilogue/");
				if (stderr.match(/TRILOGUE_WASM\]/g).length !== 1) throw new Error(`it is said more than once: ${stderr}`);
			}
		},
		"the wasm module on demand": async () => {
			const { stdout, stderr } = await run("main.mjs", { TRILOGUE_BINDING: "wasm" });
			same(stdout, expected);
			same(stderr, "");
		},
		"no addon if TRILOGUE_BINDING requires one": async () => {
			const failed = await failure(run("main.mjs", { TRILOGUE_BINDING: "native" }, bare));
			const { version, optionalDependencies } = manifest(project);
			const [name] = Object.keys(optionalDependencies);
			includes(failed, `ConfigurationError: no native addon: ${name} ${version} is not installed`);
		},
		"the universal entry point in Node": async () => {
			const missing = "ConfigurationError: the vocabulary of the tokenizer is not installed; run `npm install trilogue-o200k`";
			writeFileSync(join(project, "package.json"), '{ "private": true, "main": "universal.mjs" }\n');
			// The addon is found also if Node runs a folder, or gets a link to the program.
			symlinkSync(join(project, "universal.mjs"), join(work, "linked.mjs"));
			for (const program of ["universal.mjs", ".", join(work, "linked.mjs")]) {
				const { stdout, stderr } = await run(program, { TRILOGUE_BINDING: "native" });
				same(stdout, `complete\nHello!\n${missing}`);
				same(stderr, "");
			}
		},
		"an unknown binding": async () => {
			const failed = await failure(run("main.mjs", { TRILOGUE_BINDING: "jit" }));
			includes(failed, 'ConfigurationError: TRILOGUE_BINDING is "jit"');
		},
		"an addon that cannot be loaded": async () => {
			const broken = samples(join(work, "broken"));
			cpSync(join(project, "node_modules"), join(broken, "node_modules"), { recursive: true });
			const [[name]] = Object.entries(manifest(project).optionalDependencies);
			writeFileSync(join(broken, "node_modules", name, "trilogue.node"), "no library");
			const { stdout, stderr } = await run("main.mjs", {}, broken);
			same(stdout, expected);
			includes(stderr, `${name} cannot be loaded`);
			rmSync(broken, { recursive: true });
		},
		"source maps": async () => {
			const dist = join(project, "node_modules/trilogue/dist");
			const maps = readdirSync(dist).filter((name) => name.endsWith(".map"));
			for (const name of maps) {
				const { sources, sourcesContent } = JSON.parse(readFileSync(join(dist, name), "utf8"));
				if (sources.length !== sourcesContent.length) throw new Error(`${name} lacks the text of a source`);
				includes(readFileSync(join(dist, name.slice(0, -4)), "utf8"), `//# sourceMappingURL=${name}`);
			}
			for (const name of ["browser.mjs", "edge.mjs", "deno.mjs", "slim.mjs", "universal.mjs"]) includes(maps.join(), name);
			const program = `import { Client } from "${dist}/universal.mjs"; new Client({ timeout: "1" });`;
			const words = ["--enable-source-maps", "--input-type=module", "-e", program];
			const failed = await failure(output("node", words, { cwd: project }));
			includes(failed, "src/client.ts");
		},
		...types({ project, typescript, endpoint, run, samples }),
	};
}

function manifest(project) {
	return JSON.parse(readFileSync(join(project, "node_modules/trilogue/package.json"), "utf8"));
}

/** The same program in TypeScript, for each module resolution; checks all types of the package. */
function types({ project, typescript, endpoint, run, samples }) {
	const strict = {
		target: "es2022",
		lib: ["es2022", "dom"],
		types: [],
		strict: true,
		exactOptionalPropertyTypes: true,
		skipLibCheck: false,
		rootDir: ".",
	};
	const settings = [
		["nodenext", "nodenext", "module"],
		["nodenext", "nodenext", "commonjs"],
		["node16", "node16", "module"],
		["node16", "node16", "commonjs"],
		["esnext", "bundler", "module"],
	];
	return Object.fromEntries(
		settings.map(([module, moduleResolution, type]) => [
			`TypeScript, ${moduleResolution}, ${type}`,
			async () => {
				const folder = samples(join(project, `${moduleResolution}-${type}`));
				const files = ["sample.ts", "types.ts"];
				const config = { compilerOptions: { ...strict, module, moduleResolution }, files };
				writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
				writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type }));
				await output("node", [join(typescript, "bin/tsc"), "--project", folder]);
				await run("sample.js", { MODELSLAB_BASE_URL: endpoint }, folder);
			},
		]),
	);
}
