// The interface of the tokenizer, which the addon has. Its data is in the npm package `trilogue-o200k`.

import { createError } from "./errors.js";

/** A vocabulary in the core. */
export interface NativeVocabulary {
	/** Loads the decompressed data. Returns an error as JSON text, or `null`. */
	load(data: Uint8Array): string | null;
	/** The number of tokens, or -1 if it exceeds the limit. */
	count(text: string, special: boolean, limit: number): number;
	encode(text: string, special: boolean): Uint32Array;
	/** The members of `PromptTokens`, or an error, as JSON text. */
	countPrompt(input: string): string;
	/** The tokens of a prompt, or an error as JSON text. */
	encodePrompt(input: string): Uint32Array | string;
	/** The bytes of tokens, or an error as JSON text. */
	decode(tokens: Float64Array): Uint8Array | string;
}

let loadVocabulary: (() => NativeVocabulary) | undefined;
let loaded: NativeVocabulary | undefined;

/** Sets the function that loads the vocabulary at its first use. */
export function installVocabulary(load: () => NativeVocabulary): void {
	loadVocabulary = load;
}

/** The vocabulary. Throws a `ConfigurationError` if it is not installed. */
export function vocabulary(): NativeVocabulary {
	loaded ??= loadVocabulary?.();
	if (loaded) return loaded;
	throw createError("ConfigurationError", "trilogue/tokens needs Node or Bun with the native addon");
}
