// `trilogue/tokens`: the tokens and the prompts of the gpt-oss models, offline. The tokenizer is the core's (`core/src/tokens`), and so are the
// renderers (`core/src/prompt`).
//
// The vocabulary is the npm package `trilogue-o200k`. It is loaded at the first call, in about 20 ms, and kept.

import { createError, parseError } from "./binding/errors.js";
import { nativeOperation, outcome } from "./binding/operations.js";
import { vocabulary } from "./binding/vocabulary.js";
import type { PromptTokens } from "./generated/types.js";

/** How a text is read. */
export interface TokenOptions {
	/** Whether names such as `<|start|>` are the special tokens. Default `false`: they are text like any other. */
	special?: boolean | undefined;
}

/** How a request becomes a prompt. */
export interface PromptOptions {
	/** The format of the request. Default `chat`. */
	endpoint?: "chat" | "messages" | undefined;
	/**
	 * The endpoint's renderer: `harmony` (vLLM, default), or `jinja`, the template of the models (llama.cpp, Transformers). Hosted endpoints do not say
	 * which they use; the two differ only for requests with tools, with names such as `<|end|>` in a text, or with an empty line after the instructions.
	 */
	profile?: "harmony" | "jinja" | undefined;
	/** The date in the prompt, as `2026-12-31`. Default today. It changes no count. */
	date?: string | undefined;
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

/**
 * Returns the number of tokens of a request's prompt: of its messages, its tools and what the model's format adds. `basis` is `exact` for the gpt-oss
 * models, and `estimate` for others, whose tokenizer is not here.
 *
 * Throws an `InvalidRequestError` for a message that the profile cannot render, such as one with an image.
 */
export function countPrompt(request: object, options: PromptOptions = {}): PromptTokens {
	return outcome(vocabulary().countPrompt(JSON.stringify(promptInput(request, options))));
}

/** Returns the tokens of a request's prompt. Throws as `countPrompt` does. */
export function encodePrompt(request: object, options: PromptOptions = {}): Uint32Array {
	const tokens = vocabulary().encodePrompt(JSON.stringify(promptInput(request, options)));
	if (typeof tokens === "string") throw parseError(tokens);
	return tokens;
}

/** Returns the prompt of a request as text, with its special tokens by name. Throws as `countPrompt` does; it needs no vocabulary. */
export function renderPrompt(request: object, options: PromptOptions = {}): string {
	return nativeOperation("render_prompt", promptInput(request, options)).text;
}

function promptInput(request: object, { endpoint = "chat", profile, date }: PromptOptions) {
	return { endpoint, request, profile, date: date ?? new Date().toISOString().slice(0, 10) };
}
