// Compares the snippets of `trilogue/snippets` with those of Python. Prints the differences, and how many are equal.
//
// Argument: the file, a list of `{request, options, code}`. Runs in a folder that has the tarball, also copied into a page.

/** Compares them. */
export function compare(cases, snippet) {
	const different = [];
	for (const { request, options, code } of cases) {
		const made = snippet(request, options);
		if (made !== code) different.push({ options, made, code });
	}
	return { same: cases.length - different.length, different: different.slice(0, 3) };
}

/** What is refused, by its kind. */
export function refusals(snippet) {
	const asked = { model: "m", messages: [{ role: "user", content: "Hi" }] };
	const cases = [
		[asked, { language: "ruby" }],
		[asked, { baseUrl: "x" }],
		[asked, { language: "php", style: "client" }],
		[{ ...asked, messages: [] }, {}],
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
