// The client. The core checks its options.

import { start } from "./batch/install.js";
import type { BatchOptions } from "./batch/options.js";
import type { BatchRows, RowSource } from "./batch/rows.js";
import { type BindingOptions, binding, type NativeClient } from "./binding/binding.js";
import { createError, parseError } from "./binding/errors.js";
import { classes } from "./binding/failure.js";
import type { Fetch } from "./binding/fetch.js";
import type {
	APIConnectionError,
	APIError,
	APITimeoutError,
	APIUserAbortError,
	AuthenticationError,
	BadRequestError,
	ConflictError,
	InternalServerError,
	NotFoundError,
	PermissionDeniedError,
	RateLimitError,
	UnprocessableEntityError,
} from "./generated/errors.js";
import type { BatchSummary, LimitsState, Spent } from "./generated/types.js";
import { createLog } from "./observers/log.js";
import { checkHooks, HookedSender } from "./requests/hooked-sender.js";
import { kindOf } from "./requests/kind.js";
import { type ClientOptions, type FallbackOptions, toBinding } from "./requests/options.js";
import { Sender } from "./requests/sender.js";
import { Chat } from "./resources/chat.js";
import { Messages } from "./resources/messages.js";
import { Models } from "./resources/models.js";

/** Endpoints under the names that the official clients have for their beta versions. */
export class Beta {
	static readonly name: string = "Beta";

	readonly chat: Chat;
	readonly messages: Messages;
	readonly models: Models;

	constructor({ chat, messages, models }: Pick<Client, "chat" | "messages" | "models">) {
		this.chat = chat;
		this.messages = messages;
		this.models = models;
	}
}

/** A client of one endpoint. */
export class Client {
	// Public classes set their names as strings, since minifiers rename classes.
	static readonly name: string = "Client";
	// The official clients have their errors as members, too.
	declare static readonly APIError: typeof APIError;
	declare static readonly APIConnectionError: typeof APIConnectionError;
	declare static readonly APIConnectionTimeoutError: typeof APITimeoutError;
	declare static readonly APIUserAbortError: typeof APIUserAbortError;
	declare static readonly AuthenticationError: typeof AuthenticationError;
	declare static readonly BadRequestError: typeof BadRequestError;
	declare static readonly ConflictError: typeof ConflictError;
	declare static readonly InternalServerError: typeof InternalServerError;
	declare static readonly NotFoundError: typeof NotFoundError;
	declare static readonly PermissionDeniedError: typeof PermissionDeniedError;
	declare static readonly RateLimitError: typeof RateLimitError;
	declare static readonly UnprocessableEntityError: typeof UnprocessableEntityError;

	/** Chat endpoints. */
	readonly chat: Chat;
	/** Messages, in Anthropic's format. */
	readonly messages: Messages;
	/** Models that the endpoint offers. */
	readonly models: Models;
	/** The same endpoints under the names that the official clients have for their beta versions. */
	readonly beta: Beta;
	readonly #native: NativeClient;
	readonly #options: ClientOptions;
	readonly #coreOptions: BindingOptions;
	readonly #sender: Sender;

	/**
	 * Throws a `ConfigurationError` if an option is missing or wrong. In a browser whose wasm module is still loading (see `ready`), calls
	 * reject with it instead.
	 */
	constructor(options: ClientOptions = {}) {
		const { logLevel, logger, fetch, fallbacks, onRequest, onResponse, onEvent, ...all } = options;
		const hooks = checkHooks({ onRequest, onResponse, onEvent });
		const { apiKey, ...plain } = all;
		const key = typeof apiKey === "function" ? apiKey : undefined;
		const coreOptions = toBinding(key ? plain : all);
		if (key) coreOptions.key_per_request = true;
		if (fallbacks) coreOptions.fallbacks = Client.#toFallbacks(fallbacks);
		this.#coreOptions = coreOptions;
		const refusal = binding().check(coreOptions, checkFetch(fetch));
		if (refusal) throw parseError(refusal);
		const log = createLog(logger, logLevel);
		const native = binding().make(coreOptions, fetch, log?.logsCalls);
		this.#native = native;
		this.#options = { ...options };
		const checksParameters = options.parameters === "warn";
		const sending = { key, checksParameters, log };
		const sender = hooks ? new HookedSender(native, sending, hooks) : new Sender(native, sending);
		this.#sender = sender;
		this.chat = new Chat(sender);
		this.messages = new Messages(sender);
		this.models = new Models(sender);
		this.beta = new Beta(this);
	}

	/** The base URL of the endpoint. */
	get baseURL(): string {
		return this.#native.core.baseUrl;
	}

	/** The cost of this client's replies so far, in dollars as decimal strings, and the state of its budget. */
	get spent(): Spent {
		return this.#sender.spent();
	}

	/** The state of this client's rate limits: calls in flight and waiting, the current limits, and what the server announced last. */
	get limits(): LimitsState {
		return this.#sender.limits();
	}

	/**
	 * Sends the rows of a file of JSON lines, and writes their answers to `options.log`. Repeating the call continues a run that ended early. Only in
	 * Node.
	 */
	batch(input: string, options: BatchOptions & { log: string }): Promise<BatchSummary>;
	/**
	 * Sends many rows, and returns an iterator over finished ones. A row is one of OpenAI's batch lines (`custom_id`, `method`, `url`, `body`), one of
	 * Anthropic's batch requests (`custom_id`, `params`), the body of a chat completion, or with a template any object. A row never fails because the
	 * server refused it for its rate limit. Only in Node.
	 */
	batch<Row extends object>(rows: RowSource<Row>, options?: BatchOptions): BatchRows<Row>;
	batch(input: string | RowSource<object>, options: BatchOptions = {}): Promise<BatchSummary> | BatchRows<object> {
		const { apiKey, onRequest, onResponse, onEvent } = this.#options;
		const hook = (onRequest && "on_request") || (onResponse && "on_response") || (onEvent && "on_event") || undefined;
		const key = typeof apiKey === "function" ? apiKey : undefined;
		return start({ native: this.#native, key, hook }, input, options);
	}

	/** Converts fallbacks to the core's names: a client stands for its options. */
	static #toFallbacks(fallbacks: ClientOptions["fallbacks"]): unknown {
		if (!Array.isArray(fallbacks)) return fallbacks;
		return fallbacks.map((fallback: Client | FallbackOptions) => {
			if (fallback instanceof Client) return { client: fallback.#coreOptions };
			if (typeof fallback !== "object" || fallback === null) return fallback;
			const { client, ...options } = fallback;
			return { ...toBinding(options), ...(client && { client: client.#coreOptions }) };
		});
	}

	/** Returns a client with some options changed. Its `spent`, its budget and its rate limits are its own, and start anew. */
	withOptions(options: ClientOptions): Client {
		return new Client({ ...this.#options, ...options });
	}
}

Object.assign(Client, classes, { APIConnectionTimeoutError: classes.APITimeoutError });

/** Throws a `ConfigurationError` if `fetch` is given and is not a function. */
function checkFetch(fetch: unknown): Fetch | undefined {
	if (fetch === undefined || typeof fetch === "function") return fetch as Fetch | undefined;
	throw createError("ConfigurationError", `fetch must be a function like the global fetch, not ${kindOf(fetch)}`);
}
