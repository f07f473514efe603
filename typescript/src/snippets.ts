// Requests as source text: `trilogue/snippets`.
//
// Law: hands arguments on; what a snippet is, the core decides (`core/src/snippets`).

import { kit, outcome } from "./binding/kit.js";
import { checkJSON } from "./requests/json.js";

/** How a request is written as a snippet. */
export interface SnippetOptions {
	/** The language; `curl` is a command for bash. Default `python`. */
	language?: "python" | "javascript" | "curl" | "php" | undefined;
	/** With this package's `client`, the default where the language has one, or in plain `http` with nothing to install. */
	style?: "client" | "http" | undefined;
	/** Where the request goes. Default `chat`. */
	endpoint?: "chat" | "messages" | "count_tokens" | undefined;
	/** Whether the answer is shown while it comes; else as the request's own `stream` says. */
	stream?: boolean | undefined;
	/** Where the endpoint is; else ModelsLab's. */
	baseURL?: string | undefined;
	/** The environment variable of the key; else `MODELSLAB_API_KEY`, or none where the base URL is on this machine. */
	keyVariable?: string | undefined;
	/** As the client's option. */
	auth?: "bearer" | "x-api-key" | "body-key" | undefined;
	/** As the client's option. */
	modelField?: "model" | "model_id" | undefined;
	/** Headers on top of those that the endpoint needs. Keys among them come from the environment too. */
	headers?: Record<string, string> | undefined;
	/** In Python with the client: `AsyncClient`. */
	asynchronous?: boolean | undefined;
	/** In JavaScript: for a page, which asks its user for the key. */
	page?: boolean | undefined;
}

const names: Record<string, string> = { baseURL: "base_url", keyVariable: "key_variable", modelField: "model_field" };

/**
 * A program that sends a request, as source text. Its key comes from the environment, and is never in the text.
 *
 * Throws an `InvalidRequestError` for a request that `create` would refuse, a `ConfigurationError` for an option that is wrong or that
 * the language can't honour.
 */
export function snippet(request: object, { endpoint = "chat", ...given }: SnippetOptions = {}): string {
	const options = Object.fromEntries(Object.entries(given).map(([name, value]) => [names[name] ?? name, value]));
	checkJSON(request, "InvalidRequestError");
	checkJSON(options, "ConfigurationError");
	const text = JSON.stringify({ endpoint, request, options });
	return outcome<{ code: string }>(kit().kit("snippet", text)).code;
}
