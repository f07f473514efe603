// Compares the snippets of `trilogue/snippets` for the requests in a file with those of Python.
//
// Argument: the file, a list of `{request, options, code}`. Runs in a folder that has the tarball, also copied into a page.
// Prints the differences, and how many were the same.

/** Compares the snippets. */
export function compare(cases, snippet) {
	const different = [];
	for (const { request, options, code } of cases) {
		const made = snippet(request, options);
		if (made !== code) different.push({ options, made, code });
	}
	return { same: cases.length - different.length, different: different.slice(0, 3) };
}

/** The kind of error of a request that is refused. */
export function refusals(snippet) {
	const request = { model: "m", messages: [{ role: "user", content: "Hi" }] };
	const cases = [
		[request, { language: "ruby" }],
		[request, { baseUrl: "x" }],
		[request, { language: "php", style: "client" }],
		[{ ...request, messages: [] }, {}],
	];
	return cases.map(([request, options]) => {
		try {
			return snippet(request, options);
		} catch (error) {
			return error.name;
		}
	});
}

if (typeof process !== "undefined" && process.argv[2]) {
	const { readFileSync } = await import("node:fs");
	const { createRequire } = await import("node:module");
	const { pathToFileURL } = await import("node:url");
	const require = createRequire(pathToFileURL(`${process.cwd()}/package.json`));
	const cases = JSON.parse(readFileSync(process.argv[2], "utf8"));
	const required = require("trilogue/snippets");
	const imported = await import(pathToFileURL(require.resolve("trilogue/snippets").replace(/\.cjs$/, ".mjs")).href);
	if (imported.snippet !== required.snippet || imported.default !== imported.snippet) throw new Error("two snippets");
	const all = { ...compare(cases, imported.snippet), refused: refusals(imported.snippet) };
	console.log(JSON.stringify(all));
}
