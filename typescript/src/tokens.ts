// `trilogue/tokens`: the tokens of the gpt-oss models, counted offline. The tokenizer is the core's (`core/src/tokens`).
//
// The vocabulary is the npm package `trilogue-o200k`. It is loaded at the first call, in about 20 ms, and kept.

import { createError, parseError } from "./binding/errors.js";
import { vocabulary } from "./binding/vocabulary.js";

/** How a text is read. */
export interface TokenOptions {
	/** Whether names such as `<|start|>` are the special tokens. Default `false`: they are text like any other. */
	special?: boolean | undefined;
}

/** Returns the number of tokens of a text. Throws a `ConfigurationError` if the vocabulary is not installed. */
export function count(text: string, { special = false }: TokenOptions = {}): number {
	return vocabulary().count(text, special, Number.POSITIVE_INFINITY);
}

/** Returns the number of tokens of a text, or `null` if it exceeds the limit; the rest of the text is not read then. */
export function countUpTo(text: string, limit: number, { special = false }: TokenOptions = {}): number | null {
	if (Number.isNaN(limit)) throw createError("InvalidRequestError", "the limit must be a number of tokens, not NaN");
	const number = limit < 0 ? -1 : vocabulary().count(text, special, limit);
	return number < 0 ? null : number;
}

/** Returns the tokens of a text. */
export function encode(text: string, { special = false }: TokenOptions = {}): Uint32Array {
	return vocabulary().encode(text, special);
}

/**
 * Returns the text of tokens. Bytes that are not UTF-8, as where tokens begin or end within a character, become U+FFFD.
 *
 * Throws an `InvalidRequestError` if a number is not a token.
 */
export function decode(tokens: Iterable<number>): string {
	return new TextDecoder("utf-8", { ignoreBOM: true }).decode(decodeBytes(tokens));
}

/** Returns the bytes of tokens. Throws an `InvalidRequestError` if a number is not a token. */
export function decodeBytes(tokens: Iterable<number>): Uint8Array {
	const bytes = vocabulary().decode(Float64Array.from(tokens));
	if (typeof bytes === "string") throw parseError(bytes);
	return bytes;
}
