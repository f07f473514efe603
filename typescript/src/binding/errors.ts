// Errors that are raised in TypeScript, and errors that the core returns as JSON text.

import { type APIError, errorFrom } from "../generated/errors.js";
import { type ErrorFields, localErrorFields } from "./failure.js";

/** Creates an error of a kind, such as `InvalidRequestError`. */
export function createError(kind: string, message: string, partial: unknown = null): APIError {
	return errorFrom(localErrorFields(kind, message, partial));
}

/** Creates the error of a cancelled request. */
export function cancelledError(partial: unknown = null): APIError {
	return createError("APIUserAbortError", "the request was cancelled", partial);
}

/** Creates the error in a JSON text `{error}`. */
export function parseError(text: string): APIError {
	return errorFrom((JSON.parse(text) as { error: ErrorFields }).error);
}
