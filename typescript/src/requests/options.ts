// Options as JavaScript names them, and as the core does.
//
// Law: renames and converts milliseconds; which options are right, the core decides.

import type { BindingOptions } from "../binding/binding.js";
import type { Catalog, CatalogData } from "../catalog/catalog.js";
import type { DollarsInput, PricesInput } from "../catalog/cost.js";
import { checkJSON, misfit } from "./json.js";
import type { Logger, LogLevel } from "./log.js";

/** What a client is told when it is made. Times are in milliseconds; every one may be left out. */
export interface ClientOptions {
	/**
	 * The key, or a function that gives it for each request; in Node else `MODELSLAB_API_KEY`. Needed unless the base URL is on this
	 * machine.
	 */
	apiKey?: string | (() => string | Promise<string>) | undefined;
	/** Where the endpoint is; in Node else `MODELSLAB_BASE_URL`, else ModelsLab's. */
	baseURL?: string | undefined;
	/** One try of a call, from sending to its last byte. Default 600,000. */
	timeout?: number | undefined;
	/** Making the connection. Default 10,000; refused in browsers, which don't tell when it is made. */
	connectTimeout?: number | undefined;
	/** From sending to a stream's first token. Default 300,000. */
	firstTokenTimeout?: number | undefined;
	/** Silence between two tokens; keep-alive comments are silence. Default 120,000. */
	idleTimeout?: number | undefined;
	/** How often a failed request is sent again. Default 2. */
	maxRetries?: number | undefined;
	/** The longest wait that a server may ask for; over it the call fails at once. Default 60,000. */
	maxRetryAfter?: number | undefined;
	/** Headers of every request. */
	defaultHeaders?: Record<string, string> | undefined;
	/** Query parameters of every request. */
	defaultQuery?: Record<string, string | number | boolean> | undefined;
	/** How the key is sent. Default `bearer`. */
	auth?: "bearer" | "x-api-key" | "body-key" | undefined;
	/** The field of the body that names the model. Default `model`. */
	modelField?: "model" | "model_id" | undefined;
	/** The longest event of a stream, in bytes. Default 32 MiB. */
	maxEventBytes?: number | undefined;
	/**
	 * The longest answer, in bytes. Default 128 MiB. The values of an answer may take three times as much memory, or the call fails with a
	 * `LimitExceededError`.
	 */
	maxResponseBytes?: number | undefined;
	/**
	 * A stream that ends without a `finish_reason` (or `stop_reason`) is an `IncompleteStreamError`. Default false: it is accepted, with a
	 * warning to the logger.
	 */
	requireFinishReason?: boolean | undefined;
	/** Keep the JSON text of each chunk and event, for `rawJSON`. Default false. */
	includeRaw?: boolean | undefined;
	/**
	 * URL of a proxy (`http`, `https`, `socks5`, `socks5h`), with user and password where it wants them; an empty text for none; else
	 * `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`. Refused in browsers, as the next two: they have settings of their own.
	 */
	proxy?: string | undefined;
	/**
	 * Path of a PEM file with the only certificate authorities that are trusted; else `SSL_CERT_FILE` and `SSL_CERT_DIR`, else Mozilla's
	 * and the system's.
	 */
	caBundle?: string | undefined;
	/** Path of a PEM file with the client's own certificate and its key. */
	clientCert?: string | undefined;
	/** What all requests together may cost, in dollars. */
	budget?: DollarsInput | undefined;
	/** Prices by model, in dollars a million tokens. They come before the catalogue's. */
	prices?: Record<string, PricesInput> | undefined;
	/** A catalogue in place of the package's own, or in a page, where there is none until it is loaded: see `loadCatalog`. */
	catalog?: Catalog | CatalogData | undefined;
	/**
	 * The least grave lines that are logged: retries are `info`; requests, answers and ends are `debug`. Keys and what was said are in none.
	 * Else what `TRILOGUE_LOG` says, else `warn`.
	 */
	logLevel?: LogLevel | undefined;
	/** Who logs them. Default `console`. */
	logger?: Logger | undefined;
	/**
	 * What becomes of a parameter that is out of its range: the model's own in the catalogue, else what the two APIs document. `error`: an
	 * `InvalidRequestError`; `warn`: a warning is logged; `off`: nothing. Not given: an error where the catalogue knows the model's ranges, else
	 * nothing, since endpoints differ.
	 */
	parameters?: "error" | "warn" | "off" | undefined;
	/** Accepted for those who know it from other clients. It changes nothing: this one runs in a page. */
	dangerouslyAllowBrowser?: boolean | undefined;
}

/** What one request may change. Times are in milliseconds. */
export interface RequestOptions {
	/** Gives the request up, and a stream that it opened. */
	signal?: AbortSignal | undefined;
	/** Headers on top of the client's; `null` takes one away. */
	headers?: Record<string, string | null> | undefined;
	/** Query parameters on top of the client's. */
	query?: Record<string, string | number | boolean> | undefined;
	/** Fields put into the body last, as they are: also those whose names look like a slip of the pen. */
	extraBody?: Record<string, unknown> | undefined;
	/** As the client's option. */
	timeout?: number | undefined;
	/** As the client's option. */
	firstTokenTimeout?: number | undefined;
	/** As the client's option. */
	idleTimeout?: number | undefined;
	/** As the client's option. */
	maxRetries?: number | undefined;
	/** What the request may cost, in dollars; within the client's budget too. */
	budget?: DollarsInput | undefined;
}

/** What this package tells the core about a request, besides what its caller may. */
export interface SentOptions extends RequestOptions {
	/** The answer is JSON, which events shall tell as it grows. */
	structured?: { root: string } | undefined;
}

// `core/src/dialect.rs` has the inverse, for messages.
const names: Record<string, string> = { baseURL: "base_url", headers: "extra_headers", query: "extra_query" };

/** An option's name in the core: `maxRetries` is `max_retries`. An underscore of the caller's is doubled: `max_retries` is no option here. */
function ownName(name: string): string {
	return names[name] ?? name.replace(/_/g, "__").replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function plain(catalog: Catalog | CatalogData): unknown {
	return typeof catalog.toJSON === "function" ? catalog.toJSON() : catalog;
}

/** Options that are objects. */
const objects = /^(default)?(headers|query)$|^(extraBody|prices|catalog)$/i;

/** A value that crosses into the core as JSON. One that JSON has no form for becomes a list, which no option takes: the core refuses it by name. */
function crossing(name: string, value: unknown, kind: string): unknown {
	if (name === "catalog") return plain(value as Catalog | CatalogData);
	if (objects.test(name)) checkJSON(value, kind, name);
	return misfit(value) ? [typeof value] : value;
}

/** The options of a client under the core's names. Unknown ones go along, for the core to refuse. */
export function toBinding(options: ClientOptions | SentOptions, kind = "ConfigurationError"): BindingOptions {
	const out: BindingOptions = {};
	for (const [name, value] of Object.entries(options)) {
		if (value === undefined || allowsBrowser(name, value)) continue;
		const isTime = /timeout$|RetryAfter$/i.test(name) && Number.isFinite(value);
		out[ownName(name)] = isTime ? value / 1000 : crossing(name, value, kind);
	}
	return out;
}

/** The options of a request under the core's names. */
export function changesOf({ signal: _, ...options }: SentOptions): BindingOptions {
	return toBinding(options, "InvalidRequestError");
}

/** Whether it is the option of other clients that lets them run in a page, as this one does anyway. */
function allowsBrowser(name: string, value: unknown): boolean {
	return name === "dangerouslyAllowBrowser" && (value === true || (value === false && typeof document === "undefined"));
}
