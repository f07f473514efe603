// Error messages for users.
//
// The class of an error selects the title and the advice; the package's message has the details.

import type { APIError } from "trilogue";

/** An error, for the banner. */
export interface Problem {
	title: string;
	/** The message of the package or the provider. */
	detail: string;
	/** The advice. */
	hint: string;
	/** The setting to change. */
	field?: "key" | "endpoint" | "schema";
	/** The provider's id of the request. */
	request?: string;
	/** Milliseconds after which a retry may succeed. */
	wait?: number;
}

type Words = readonly [title: string, hint: string, field?: Problem["field"]];

/** Titles and advice by the name of the class, which minifiers keep. */
const words: Readonly<Record<string, Words>> = {
	AuthenticationError: ["The endpoint refused the key", "Check the key, and that it belongs to this endpoint.", "key"],
	PaymentRequiredError: ["The account has no credit", "Add credit at the provider, or use another key.", "key"],
	PermissionDeniedError: ["The key may not do this", "Choose another model, or a key that may use this one.", "key"],
	NotFoundError: ["Not found", "Check the model and the base URL.", "endpoint"],
	BadRequestError: ["The endpoint refused the request", "Change what it complains about, then retry."],
	UnprocessableEntityError: ["The endpoint refused the request", "Change what it complains about, then retry."],
	RequestTooLargeError: ["The request is too large", "Begin a new chat, or shorten the prompt."],
	RateLimitError: ["Too many requests", "Wait a moment, then retry."],
	InsufficientQuotaError: ["The quota is used up", "Waiting doesn't help: raise the quota, or use another key.", "key"],
	OverloadedError: ["The model is overloaded", "Wait a moment, then retry, or choose another model."],
	InternalServerError: ["The endpoint had an error of its own", "Retry; if it stays, choose another model."],
	APIConnectionError: [
		"The endpoint can't be reached",
		"Check the base URL, that the server runs, and that it lets pages of other origins read its answers (CORS).",
		"endpoint",
	],
	IncompleteStreamError: ["The answer was cut off", "What came is above. Retry for a whole one."],
	FirstTokenTimeoutError: ["No answer came in time", "Retry, or choose another model."],
	IdleTimeoutError: ["The endpoint fell silent", "What came is above. Retry for a whole one."],
	APITimeoutError: ["The endpoint took too long", "Retry, or choose another model."],
	ConfigurationError: ["Something is missing", "Fill it in under Settings.", "key"],
	InvalidRequestError: ["The request can't be sent", "Change what is named above."],
	ToolRunError: ["The tools went round in circles", "Retry, or switch tools off."],
	InvalidOutputError: ["The answer doesn't fit the schema", "Retry, or change the schema.", "schema"],
	SchemaError: ["The schema can't be sent", "Correct it under Settings.", "schema"],
	APIResponseValidationError: [
		"The answer makes no sense",
		"Check that the base URL is an endpoint of this format.",
		"endpoint",
	],
};

/** The problem of a schema that cannot be sent. */
export class SchemaError extends Error {
	override name = "SchemaError";
}

/** Describes an error. */
export function problemOf(error: unknown): Problem {
	const failure = error as Partial<APIError> & Error;
	const detail = failure?.message ?? String(error);
	const kinds = kindsOf(error);
	if (!navigator.onLine && kinds.includes("APIConnectionError")) {
		return {
			title: "You are offline",
			detail,
			hint: "Retry when the network is back.",
		};
	}
	const known = kinds.map((kind) => words[kind]).find((found) => found !== undefined);
	const [title, hint, field] = known ?? ["Something went wrong", "Retry, or change the request."];
	const isURL = kinds[0] === "ConfigurationError" && !/key/i.test(detail);
	const place = isURL ? "endpoint" : field;
	return {
		title,
		detail,
		hint,
		...(place ? { field: place } : {}),
		...(failure.requestID ? { request: failure.requestID } : {}),
		...(failure.retryAfter ? { wait: failure.retryAfter } : {}),
	};
}

/** The names of an error's class and its base classes. */
function kindsOf(error: unknown): string[] {
	const kinds: string[] = [];
	for (let at: unknown = error; at instanceof Error; at = Object.getPrototypeOf(at)) kinds.push(at.name);
	return kinds;
}
