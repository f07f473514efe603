// The entry point for browsers and their workers. Loads the wasm modules that clients and calls need, and does not wait for them: see
// `binding/deferred.ts`.

import { install } from "../binding/binding.js";
import { deferred } from "../binding/deferred.js";
import { load, loadAnswers } from "../binding/wasm.js";

install(
	deferred({
		// Bundlers find files by this expression.
		base: () => load(new URL("./base.wasm", import.meta.url)),
		answers: () => loadAnswers(new URL("./answers.wasm", import.meta.url)),
		full: () => load(new URL("./trilogue.wasm", import.meta.url)),
	}),
);

export * from "../index.js";
export { Client as default } from "../index.js";
