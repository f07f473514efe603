// Counts the required tests of JSON-Schema-Test-Suite (draft 2020-12) that the validator of each runtime passes.
//
// Arguments: the suite's folder, a Python with the wheel, the path of Chromium, and that of playwright-core. Runs in a folder where the
// tarball is installed.
// Prints a count for each runtime, and fails if it is lower than the recorded one. Nothing is fetched by our validators, so
// documents that a schema refers to are put into it, as draft 2020-12 bundles them; of those that have another address than their
// `$id`, and of the draft's own schema, the tests fail.

import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { openPage } from "../runners/page.mjs";

const recorded = { Python: 1253, Node: 1248, Chromium: 1248 };
const [suite, python, chromium, playwright] = process.argv.slice(2);
const read = (path) => JSON.parse(readFileSync(join(suite, path), "utf8"));

/** Every document of a folder, by its address. */
function documents(folder, address) {
	return readdirSync(join(suite, folder), { withFileTypes: true }).flatMap((entry) => {
		const [path, url] = [join(folder, entry.name), `${address}/${entry.name}`];
		return entry.isDirectory() ? documents(path, url) : [[url, { $id: url, ...read(path) }]];
	});
}

const remotes = [
	...documents("remotes/draft2020-12", "http://localhost:1234/draft2020-12"),
	...readdirSync(join(suite, "remotes"))
		.filter((name) => name.endsWith(".json"))
		.map((name) => [`http://localhost:1234/${name}`, { $id: `http://localhost:1234/${name}`, ...read(`remotes/${name}`) }]),
];
const bundled = (schema) =>
	JSON.stringify(schema).includes("http://localhost:1234/")
		? { ...schema, $defs: { ...Object.fromEntries(remotes), ...schema.$defs } }
		: schema;

const tests = readdirSync(join(suite, "tests/draft2020-12"))
	.filter((name) => name.endsWith(".json"))
	.flatMap((name) => read(`tests/draft2020-12/${name}`).map((group) => ({ name, ...group })))
	.flatMap(({ name, description, schema, tests }) =>
		tests.map((test) => ({ about: `${name}: ${description}: ${test.description}`, schema: bundled(schema), ...test })),
	);

/** Returns the tests that fail. Self-contained, since it runs in a page too. */
async function failures({ jsonSchema }, tests) {
	const failed = [];
	for (const { about, schema, data, valid } of tests) {
		const outcome = await Promise.resolve(jsonSchema(schema)["~standard"].validate(data)).then(
			({ issues }) => !issues,
			(error) => error.message,
		);
		if (outcome !== valid) failed.push(`${about}: ${outcome}`);
	}
	return failed;
}

async function inNode() {
	const entry = createRequire(pathToFileURL(`${process.cwd()}/package.json`)).resolve("trilogue");
	return failures(await import(pathToFileURL(entry.replace(/\.cjs$/, ".mjs")).href), tests);
}

async function inPage() {
	const imports = { trilogue: "/project/node_modules/trilogue/dist/browser.mjs" };
	const page = `<!doctype html><title>schemas</title><script type="importmap">${JSON.stringify({ imports })}</script>`;
	const browser = await openPage({ project: process.cwd(), chromium, playwright, page });
	try {
		// As JSON text: in a program, a member `__proto__` sets the prototype.
		const text = JSON.stringify(JSON.stringify(tests));
		const source = `(async () => (${failures})(await import("trilogue"), JSON.parse(${text})))()`;
		return await browser.page.evaluate(source);
	} finally {
		await browser.close();
	}
}

function inPython() {
	const script = join(dirname(fileURLToPath(import.meta.url)), "schemas.py");
	const { stdout, stderr, error } = spawnSync(python, [script], { input: JSON.stringify(tests), encoding: "utf8" });
	if (error || stderr) throw error ?? new Error(stderr);
	return JSON.parse(stdout);
}

for (const [runtime, run] of Object.entries({ Python: inPython, Node: inNode, Chromium: inPage })) {
	const failed = await run();
	const passed = tests.length - failed.length;
	console.log(`schemas in ${runtime}: ${passed} of ${tests.length} tests of JSON Schema 2020-12`);
	if (passed < recorded[runtime]) {
		for (const failure of failed) console.error(failure);
		console.error(`${recorded[runtime]} passed before`);
		process.exitCode = 1;
	}
}
