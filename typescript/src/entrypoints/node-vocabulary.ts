// The data of the tokenizer in Node: the npm package `trilogue-o200k`, installed beside this package or where the program runs.

import { createError } from "../binding/errors.js";
import { getBuiltin } from "./host.js";

/** The data's file, as the package exports it. */
const file = "trilogue-o200k/o200k.pairs.gz";

/** Returns the decompressed data. Throws a `ConfigurationError` if the package is not installed. */
export function readVocabulary(own: string): Uint8Array {
	const { createRequire } = getBuiltin?.("node:module") ?? (require("node:module") as typeof import("node:module"));
	const { readFileSync } = getBuiltin?.("node:fs") ?? (require("node:fs") as typeof import("node:fs"));
	const { gunzipSync } = getBuiltin?.("node:zlib") ?? (require("node:zlib") as typeof import("node:zlib"));
	for (const from of [own, process.argv[1]]) {
		try {
			if (from) return gunzipSync(readFileSync(createRequire(from).resolve(file)));
		} catch (error) {
			if ((error as NodeJS.ErrnoException).code !== "MODULE_NOT_FOUND") throw error;
		}
	}
	const message = "the vocabulary of the tokenizer is not installed; run `npm install trilogue-o200k`";
	throw createError("ConfigurationError", message);
}
