// A program in CommonJS. `import` and `require` return the same classes.

const trilogue = require("trilogue");

(async () => {
	const { use } = await import("./use.mjs");
	const imported = await import("trilogue");
	if (imported.APIError !== trilogue.APIError) throw new Error("import and require give different classes");
	if (imported.default !== trilogue.Client) throw new Error("the default export isn't the client");
	console.log(await use(trilogue, process.env.SAMPLE_URL));
})();
