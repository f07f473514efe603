// The client. The core checks its options.

import { binding, type NativeClient } from "./binding/binding.js";
import { createError, parseError } from "./binding/errors.js";
import type { Fetch } from "./binding/fetch.js";
import type { Spent } from "./generated/types.js";
import { createLog } from "./requests/log.js";
import { type ClientOptions, toBinding } from "./requests/options.js";
import { Sender } from "./requests/sender.js";
import { Chat } from "./resources/chat.js";
import { Messages } from "./resources/messages.js";
import { Models } from "./resources/models.js";

/** A client of one endpoint. */
export class Client {
	// Public classes set their names as strings, since minifiers rename classes.
	static readonly name: string = "Client";

	/** Chat endpoints. */
	readonly chat: Chat;
	/** Messages, in Anthropic's format. */
	readonly messages: Messages;
	/** Models that the endpoint offers. */
	readonly models: Models;
	readonly #native: NativeClient;
	readonly #options: ClientOptions;
	readonly #sender: Sender;

	/**
	 * Throws a `ConfigurationError` if an option is missing or wrong. In a browser whose wasm module is still loading (see `ready`), calls
	 * reject with it instead.
	 */
	constructor(options: ClientOptions = {}) {
		const { logLevel, logger, fetch, ...all } = options;
		const { apiKey, ...plain } = all;
		const key = typeof apiKey === "function" ? apiKey : undefined;
		const coreOptions = toBinding(key ? plain : all);
		if (key) coreOptions.key_per_request = true;
		const refusal = binding().check(coreOptions, checkFetch(fetch));
		if (refusal) throw parseError(refusal);
		const native = binding().make(coreOptions, fetch);
		this.#native = native;
		this.#options = { ...options };
		const checksParameters = options.parameters === "warn";
		const sender = new Sender(native, { key, checksParameters, log: createLog(logger, logLevel) });
		this.#sender = sender;
		this.chat = new Chat(sender);
		this.messages = new Messages(sender);
		this.models = new Models(sender);
	}

	/** The base URL of the endpoint. */
	get baseURL(): string {
		return this.#native.core.baseUrl;
	}

	/** The cost of this client's replies so far, in dollars as decimal strings, and the state of its budget. */
	get spent(): Spent {
		return this.#sender.spent();
	}

	/** Returns a client with some options changed. Its `spent` and its budget start from zero. */
	withOptions(options: ClientOptions): Client {
		return new Client({ ...this.#options, ...options });
	}
}

/** Throws a `ConfigurationError` if `fetch` is given and is not a function. */
function checkFetch(fetch: unknown): Fetch | undefined {
	if (fetch === undefined || typeof fetch === "function") return fetch as Fetch | undefined;
	const kind = fetch === null ? "null" : `${typeof fetch === "object" ? "an" : "a"} ${typeof fetch}`;
	throw createError("ConfigurationError", `fetch must be a function like the global fetch, not ${kind}`);
}
