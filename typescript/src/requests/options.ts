// The options of clients and requests, and their conversion to the core's names and units. The core checks their values.

import type { BindingOptions } from "../binding/binding.js";
import type { Fetch } from "../binding/fetch.js";
import type { Catalog, CatalogData } from "../catalog/catalog.js";
import type { DollarsInput, PricesInput } from "../catalog/cost.js";
import { checkJSON, findUnrepresentable } from "./json.js";
import type { Logger, LogLevel } from "./log.js";

/** The options of a client; all are optional. Times are in milliseconds. */
export interface ClientOptions {
	/**
	 * The API key, or a function that returns the key for each request. Default in Node: `MODELSLAB_API_KEY`. Required unless the base URL is
	 * on this machine.
	 */
	apiKey?: string | (() => string | Promise<string>) | undefined;
	/** The base URL of the endpoint. Default in Node: `MODELSLAB_BASE_URL`; otherwise ModelsLab's. */
	baseURL?: string | undefined;
	/** Time limit of one attempt of a call, from sending to the last byte. Default 600,000. */
	timeout?: number | undefined;
	/** Time limit of connecting. Default 10,000. Refused in browsers, which do not report when a connection is established. */
	connectTimeout?: number | undefined;
	/** Time limit from sending to the first token of a stream. Default 300,000. */
	firstTokenTimeout?: number | undefined;
	/** Time limit between two tokens of a stream; keep-alive comments do not count as tokens. Default 120,000. */
	idleTimeout?: number | undefined;
	/** The maximum number of retries of a failed request. Default 2. */
	maxRetries?: number | undefined;
	/** The longest delay before a retry that a server may request; if it requests more, the call fails at once. Default 60,000. */
	maxRetryAfter?: number | undefined;
	/** Headers of every request. */
	defaultHeaders?: Record<string, string> | undefined;
	/** Query parameters of every request. */
	defaultQuery?: Record<string, string | number | boolean> | undefined;
	/** How the key is sent. Default `bearer`. */
	auth?: "bearer" | "x-api-key" | "body-key" | undefined;
	/** The field of the body that names the model. Default `model`. */
	modelField?: "model" | "model_id" | undefined;
	/** The maximum size of an event of a stream, in bytes. Default 32 MiB. */
	maxEventBytes?: number | undefined;
	/**
	 * The maximum size of a reply, in bytes. Default 128 MiB. If the values of a reply take more than three times as much memory, the call
	 * fails with a `LimitExceededError`.
	 */
	maxResponseBytes?: number | undefined;
	/**
	 * Whether a stream that ends without a `finish_reason` (or `stop_reason`) fails with an `IncompleteStreamError`. Default false: it is
	 * accepted, and a warning is logged.
	 */
	requireFinishReason?: boolean | undefined;
	/** Whether to keep the JSON text of each chunk and event for `rawJSON`. Default false. */
	includeRaw?: boolean | undefined;
	/**
	 * URL of a proxy (`http`, `https`, `socks5`, `socks5h`), with user and password if it requires them; an empty string for none. Default:
	 * `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`. Refused in browsers, as are the next two: browsers have their own settings.
	 */
	proxy?: string | undefined;
	/**
	 * Path of a PEM file with the certificate authorities to trust, and no others. Default: `SSL_CERT_FILE` and `SSL_CERT_DIR`, otherwise
	 * Mozilla's and the system's.
	 */
	caBundle?: string | undefined;
	/** Path of a PEM file with the client's own certificate and its key. */
	clientCert?: string | undefined;
	/** The most that all requests together may cost, in dollars. */
	budget?: DollarsInput | undefined;
	/** Prices by model, in dollars per million tokens. They take precedence over the catalogue's. */
	prices?: Record<string, PricesInput> | undefined;
	/** A catalogue that replaces the package's own. In a page there is none by default: see `loadCatalog`. */
	catalog?: Catalog | CatalogData | undefined;
	/**
	 * The lowest level that is logged: retries are `info`; requests, responses and the ends of calls are `debug`. Lines contain neither keys
	 * nor the content of messages. Default: `TRILOGUE_LOG`, otherwise `warn`.
	 */
	logLevel?: LogLevel | undefined;
	/** The logger. Default `console`. */
	logger?: Logger | undefined;
	/**
	 * What happens if a parameter is out of its range, which is the model's in the catalogue, otherwise the documented range of the API. `error`:
	 * the call fails with an `InvalidRequestError`; `warn`: a warning is logged; `off`: nothing. Default: `error` if the catalogue has the
	 * model's ranges, otherwise `off`, since endpoints differ.
	 */
	parameters?: "error" | "warn" | "off" | undefined;
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
export interface RequestOptions
	extends Pick<ClientOptions, "timeout" | "firstTokenTimeout" | "idleTimeout" | "maxRetries"> {
	/** Cancels the request, and a stream that it opened. */
	signal?: AbortSignal | undefined;
	/** Headers in addition to the client's; `null` removes one. */
	headers?: Record<string, string | null> | undefined;
	/** Query parameters in addition to the client's. */
	query?: Record<string, string | number | boolean> | undefined;
	/** Fields that are added to the body without any check. */
	extraBody?: Record<string, unknown> | undefined;
	/** The most that the request may cost, in dollars. The client's budget applies too. */
	budget?: DollarsInput | undefined;
}

/** The options of a request that this package adds to the caller's. */
export interface SentOptions extends RequestOptions {
	/** The reply is JSON, which events carry while it grows. `root`: the JSON type that it starts with. */
	structured?: { root: string } | undefined;
}

// The core has the inverse for its messages.
const names: Record<string, string> = { baseURL: "base_url", headers: "extra_headers", query: "extra_query" };

/** An option's name in the core: `max_retries` for `maxRetries`. Underscores are doubled, since `max_retries` is not an option here. */
function coreName(name: string): string {
	return names[name] ?? name.replace(/_/g, "__").replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function toData(catalog: Catalog | CatalogData): unknown {
	return typeof catalog.toJSON === "function" ? catalog.toJSON() : catalog;
}

/** Options that are objects. */
const objects = /^(default)?(headers|query)$|^(extraBody|prices|catalog)$/i;

/** Converts an option's value. One that JSON cannot represent becomes a list, which no option takes, so that the core refuses it by name. */
function coreValue(name: string, value: unknown, kind: string): unknown {
	if (name === "catalog") return toData(value as Catalog | CatalogData);
	if (objects.test(name)) checkJSON(value, kind, name);
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
