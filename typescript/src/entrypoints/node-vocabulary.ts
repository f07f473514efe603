// The data of the tokenizer in Node: the npm package `trilogue-o200k`, installed beside this package or where the program runs.

import type { Addon } from "../binding/addon.js";
import { createError, parseError } from "../binding/errors.js";
import { installVocabulary, type NativeVocabulary } from "../binding/vocabulary.js";
import { type GetBuiltin, loadPackage } from "./host.js";

/** The data's file, as the package exports it. */
const file = "trilogue-o200k/o200k.pairs.gz";

/** Makes the addon's tokenizer load its data when it is first used. `own`: this package's file, if it is not part of a bundle. */
export function startTokenizer(builtin: GetBuiltin, addon: Addon, own?: string): void {
	installVocabulary(() => loadVocabulary(builtin, addon, own));
}

/** Loads the vocabulary into the addon. Throws a `ConfigurationError` if it is not installed. */
function loadVocabulary(builtin: GetBuiltin, { NativeVocabulary }: Addon, own: string | undefined): NativeVocabulary {
	const vocabulary = new NativeVocabulary();
	const error = vocabulary.load(readVocabulary(builtin, own));
	if (error) throw parseError(error);
	return vocabulary;
}

function readVocabulary(builtin: GetBuiltin, own: string | undefined): Uint8Array {
	let path: string;
	try {
		path = loadPackage(builtin, own, (require) => require.resolve(file));
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code !== "MODULE_NOT_FOUND") throw error;
		const message = "the vocabulary of the tokenizer is not installed; run `npm install trilogue-o200k`";
		throw createError("ConfigurationError", message);
	}
	return builtin("node:zlib").gunzipSync(builtin("node:fs").readFileSync(path));
}
