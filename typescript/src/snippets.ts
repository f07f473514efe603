// `trilogue/snippets`: requests as source code. The core writes the code (`core/src/snippets`).

import { extraOperation } from "./binding/operations.js";
import type { CoreSnippetOptions } from "./generated/options.js";
import { checkJSON } from "./requests/json.js";

/** How a request is written as a snippet. */
export interface SnippetOptions extends CoreSnippetOptions {
	/** The endpoint of the request. Default `chat`. */
	endpoint?: "chat" | "messages" | "count_tokens" | undefined;
}

const names: Record<string, string> = { baseURL: "base_url", keyVariable: "key_variable", modelField: "model_field" };

/**
 * Returns the source code of a program that sends a request. The program reads its key from the environment; the code never contains it.
 *
 * Throws an `InvalidRequestError` for a request that `create` would refuse, a `ConfigurationError` for an option that is wrong or that
 * the language does not support.
 */
export function snippet(request: object, { endpoint = "chat", ...others }: SnippetOptions = {}): string {
	const options = Object.fromEntries(Object.entries(others).map(([name, value]) => [names[name] ?? name, value]));
	checkJSON(request, "InvalidRequestError");
	checkJSON(options, "ConfigurationError");
	return extraOperation("write_snippet", { endpoint, request, options }).code;
}
