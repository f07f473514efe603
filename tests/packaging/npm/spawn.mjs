// Runs programs and compares their output.

import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** Returns the output of a program; if it fails, throws an error with the output. `env` is added to an almost empty environment. */
export async function output(program, words, { env = {}, ...options } = {}) {
	const { PATH, HOME } = process.env;
	try {
		const limits = { timeout: 120_000, maxBuffer: 2 ** 26 };
		return await promisify(execFile)(program, words, { ...limits, ...options, env: { PATH, HOME, ...env } });
	} catch (error) {
		throw new Error(`${program} ${words.join(" ")} failed: ${error.message}\n${error.stdout}\n${error.stderr}`);
	}
}

/** Returns the message with which a promise rejects, or `nothing` if it resolves. */
export function failure(promise) {
	return promise.then(
		() => "nothing",
		(error) => error.message,
	);
}

/** Fails if two texts differ. */
export function same(actual, expected) {
	if (actual.trim() !== expected) throw new Error(`${JSON.stringify(actual)} instead of ${JSON.stringify(expected)}`);
}

/** Fails if a text does not contain another. */
export function includes(text, part) {
	if (!text.includes(part)) throw new Error(`${JSON.stringify(text)} lacks ${JSON.stringify(part)}`);
}
