// The core's pure operations on requests and replies.

import { errorFrom } from "../generated/errors.js";
import { binding } from "./binding.js";
import type { ErrorFields } from "./failure.js";

/** Runs an operation. Throws its error. */
export function assist<T>(operation: string, input: object): T {
	return outcome<T>(binding().assist(operation, JSON.stringify(input)));
}

/** Parses the output of an operation. Throws its error. */
export function outcome<T>(text: string): T {
	const output = JSON.parse(text) as T & { error?: ErrorFields };
	if (output.error) throw errorFrom(output.error);
	return output;
}
