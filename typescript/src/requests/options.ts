// The options of clients and requests, and their conversion to the core's names and units. The core checks their values.

import type { BindingOptions } from "../binding/binding.js";
import type { Fetch } from "../binding/fetch.js";
import type { Catalog, CatalogData } from "../catalog/catalog.js";
import type { Client } from "../client.js";
import type { CoreClientOptions, CoreFallbackOptions, CoreRequestOptions } from "../generated/options.js";
import type { RunTrace, runTrace } from "../observers/exporters.js";
import type { Logger, LogLevel } from "../observers/log.js";
import type { Hooks } from "./hooks.js";
import { checkJSON, findUnrepresentable } from "./json.js";

/** Another endpoint, or another model, for calls that fail. Options that are not given are the client's. */
export interface FallbackOptions extends CoreFallbackOptions {
	/** The key. Default: the client's, if the fallback has no `baseURL`; otherwise as a client's. */
	apiKey?: string | undefined;
	/** A client whose endpoint is the fallback: it stands for its options, except for the model and the format. */
	client?: Client | undefined;
}

/** The options of a client; all are optional. Times are in milliseconds. */
export interface ClientOptions extends CoreClientOptions, Hooks {
	/**
	 * The API key, or a function that returns the key for each request. Default, if the host has environment variables: `OPENAI_API_KEY` or
	 * `ANTHROPIC_API_KEY` if the base URL is OpenAI's or Anthropic's, otherwise `MODELSLAB_API_KEY`. Required unless the base URL is on this
	 * machine.
	 */
	apiKey?: string | (() => string | Promise<string>) | undefined;
	/**
	 * Endpoints and models for calls that this endpoint fails to answer, in order: clients, or options such as `baseURL`, `apiKey` and `model`. A
	 * call is sent to the next one after its last retry, and at once after a time limit or with an exhausted quota. An endpoint that keeps failing
	 * rests, for all calls of the client. Errors of the request itself never cause a fallback. A client stands for its options; its budget, its
	 * `fetch` and its hooks have no effect here. Default none.
	 */
	fallbacks?: readonly (Client | FallbackOptions)[] | undefined;
	/**
	 * The lowest level that is logged: retries are `info`; requests, responses and the ends of calls are `debug`. Lines contain neither keys
	 * nor the content of messages. Default: `TRILOGUE_LOG`, otherwise `warn`.
	 */
	logLevel?: LogLevel | undefined;
	/** The logger. Default `console`. */
	logger?: Logger | undefined;
	/**
	 * A function that sends the requests, such as one that adds headers, a service binding of a worker, or a mock in tests. In Node, such a
	 * client uses the wasm module. Default: the addon's own HTTP client in Node, otherwise the global `fetch`. Refused together with
	 * `connectTimeout`, `proxy`, `caBundle` and `clientCert`, which `fetch` has no counterpart for.
	 */
	fetch?: Fetch | undefined;
	/** Accepted for compatibility with other clients, and without effect: this client runs in a page anyway. */
	dangerouslyAllowBrowser?: boolean | undefined;
}

/** The options of one request. Times are in milliseconds; time limits and retries are as the client's options. */
export interface RequestOptions extends CoreRequestOptions {
	/** Cancels the request, and a stream that it opened. */
	signal?: AbortSignal | undefined;
}

/** The options of a request that this package adds to the caller's. */
export interface SentOptions extends RequestOptions {
	/** The reply is JSON, which events carry while it grows. `root`: the JSON type that it starts with. */
	structured?: { root: string } | undefined;
	/** The trace of the tool run that sends the request. */
	[runTrace]?: RunTrace | undefined;
}

// The core has the inverse for its messages.
const names: Record<string, string> = { baseURL: "base_url", headers: "extra_headers", query: "extra_query" };

/** An option's name in the core: `max_retries` for `maxRetries`. Underscores are doubled, since `max_retries` is not an option here. */
function coreName(name: string): string {
	return names[name] ?? name.replace(/_/g, "__").replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function toData(catalog: Catalog | CatalogData | null): unknown {
	return typeof catalog?.toJSON === "function" ? catalog.toJSON() : catalog;
}

/** Options that are objects. */
const objects = /^(default)?(headers|query)$|^(extraBody|prices)$/i;

/** Converts an option's value. One that JSON cannot represent becomes a list, which no option takes, so that the core refuses it by name. */
function coreValue(name: string, value: unknown, kind: string): unknown {
	if (name === "catalog") return toData(value as Catalog | CatalogData | null);
	if (objects.test(name)) {
		checkJSON(value, kind, name);
		return value;
	}
	return findUnrepresentable(value) ? [typeof value] : value;
}

/** Converts options to the core's names. Unknown options are passed on, and refused by the core. */
export function toBinding(options: ClientOptions | SentOptions, kind = "ConfigurationError"): BindingOptions {
	const out: BindingOptions = {};
	for (const [name, value] of Object.entries(options)) {
		if (value === undefined || isBrowserOption(name, value)) continue;
		const isTime = /timeout$|RetryAfter$/i.test(name) && Number.isFinite(value);
		out[coreName(name)] = isTime ? value / 1000 : coreValue(name, value, kind);
	}
	return out;
}

/** Converts the options of a request to the core's names. */
export function toRequestOptions({ signal: _, ...options }: SentOptions): BindingOptions {
	return toBinding(options, "InvalidRequestError");
}

/** Whether the option is `dangerouslyAllowBrowser` with a value that agrees with what this client does. */
function isBrowserOption(name: string, value: unknown): boolean {
	return name === "dangerouslyAllowBrowser" && (value === true || (value === false && typeof document === "undefined"));
}
