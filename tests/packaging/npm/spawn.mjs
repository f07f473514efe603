// Runs programs and compares what they say.

import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** What a program prints; one that fails is an error with all that it said. `env` is added to a bare environment. */
export async function output(program, words, { env = {}, ...options } = {}) {
	const { PATH, HOME } = process.env;
	try {
		const limits = { timeout: 120_000, maxBuffer: 2 ** 26 };
		return await promisify(execFile)(program, words, { ...limits, ...options, env: { PATH, HOME, ...env } });
	} catch (error) {
		throw new Error(`${program} ${words.join(" ")} failed: ${error.message}\n${error.stdout}\n${error.stderr}`);
	}
}

/** Fails where two texts differ. */
export function same(actual, expected) {
	if (actual.trim() !== expected) throw new Error(`${JSON.stringify(actual)} instead of ${JSON.stringify(expected)}`);
}

/** Fails where a text lacks another. */
export function includes(text, part) {
	if (!text.includes(part)) throw new Error(`${JSON.stringify(text)} lacks ${JSON.stringify(part)}`);
}
