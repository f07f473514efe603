// `trilogue/snippets`: requests as source code. The core writes the code (`core/src/snippets`).

import { extraOperation } from "./binding/operations.js";
import { checkJSON } from "./requests/json.js";

/** How a request is written as a snippet. */
export interface SnippetOptions {
	/** The language; `curl` is a command for bash. Default `python`. */
	language?: "python" | "javascript" | "curl" | "php" | undefined;
	/** `client`: with this package, the default if it exists for the language; `http`: plain HTTP, with nothing to install. */
	style?: "client" | "http" | undefined;
	/** The endpoint of the request. Default `chat`. */
	endpoint?: "chat" | "messages" | "count_tokens" | undefined;
	/** Whether the program prints the reply while it arrives. Default: the `stream` of the request. */
	stream?: boolean | undefined;
	/** The base URL of the endpoint. Default: ModelsLab's. */
	baseURL?: string | undefined;
	/** The environment variable of the key. Default `MODELSLAB_API_KEY`, or none if the base URL is on this machine. */
	keyVariable?: string | undefined;
	/** As the client's option. */
	auth?: "bearer" | "x-api-key" | "body-key" | undefined;
	/** As the client's option. */
	modelField?: "model" | "model_id" | undefined;
	/** Headers in addition to those that the endpoint needs. Keys among them are read from the environment too. */
	headers?: Record<string, string> | undefined;
	/** In Python with the client: `AsyncClient`. */
	asynchronous?: boolean | undefined;
	/** In JavaScript: a program for a page, which prompts its user for the key. */
	page?: boolean | undefined;
}

const names: Record<string, string> = { baseURL: "base_url", keyVariable: "key_variable", modelField: "model_field" };

/**
 * Returns the source code of a program that sends a request. The program reads its key from the environment; the code never contains it.
 *
 * Throws an `InvalidRequestError` for a request that `create` would refuse, a `ConfigurationError` for an option that is wrong or that
 * the language does not support.
 */
export function snippet(request: object, { endpoint = "chat", ...given }: SnippetOptions = {}): string {
	const options = Object.fromEntries(Object.entries(given).map(([name, value]) => [names[name] ?? name, value]));
	checkJSON(request, "InvalidRequestError");
	checkJSON(options, "ConfigurationError");
	return extraOperation("write_snippet", { endpoint, request, options }).code;
}
