// Calls of the core's operations, which are pure functions of their input. `generated/operations.ts` declares them.

import { errorFrom } from "../generated/errors.js";
import type { AnswerOperations, ExtraOperations, NativeOperations, Operations } from "../generated/operations.js";
import { binding } from "./binding.js";
import type { ErrorFields } from "./failure.js";
import { kit } from "./kit.js";

/** Runs an operation of a client. Throws its error. */
export function operation<Name extends keyof Operations>(
	name: Name,
	input: Operations[Name]["input"],
): Operations[Name]["output"] {
	return outcome(binding().operation(name, JSON.stringify(input)));
}

/** Runs an operation of typed answers and runs of tools, after `answersReady()`. Throws its error. */
export function answerOperation<Name extends keyof AnswerOperations>(
	name: Name,
	input: AnswerOperations[Name]["input"],
): AnswerOperations[Name]["output"] {
	return outcome(binding().answerOperation(name, JSON.stringify(input)));
}

/** Runs an operation that a client does not need. Throws its error. */
export function extraOperation<Name extends keyof ExtraOperations>(
	name: Name,
	input: ExtraOperations[Name]["input"],
): ExtraOperations[Name]["output"] {
	return outcome(kit().operation(name, JSON.stringify(input)));
}

/** Runs an operation of native hosts, which only the addon has. Throws its error. */
export function nativeOperation<Name extends keyof NativeOperations>(
	name: Name,
	input: NativeOperations[Name]["input"],
): NativeOperations[Name]["output"] {
	return outcome(binding().operation(name, JSON.stringify(input)));
}

/** Parses the output of an operation. Throws its error. */
export function outcome<T>(text: string): T {
	const output = JSON.parse(text) as T & { error?: ErrorFields };
	if (output.error) throw errorFrom(output.error);
	return output;
}
