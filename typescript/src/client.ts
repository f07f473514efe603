// The client.
//
// Law: options are passed on under the core's names; what they mean, and whether they are right, the core decides.

import { binding } from "./binding.js";
import { Chat } from "./chat.js";
import type { ErrorParts } from "./failure.js";
import { fromParts } from "./generated/errors.js";
import { type ClientOptions, toBinding } from "./options.js";

/** A client of one endpoint. */
export class Client {
	/** Chat endpoints. */
	readonly chat: Chat;
	/** Where the endpoint is. */
	readonly baseURL: string;
	readonly #options: ClientOptions;

	/** Throws a `ConfigurationError` where an option is missing or wrong. */
	constructor(options: ClientOptions = {}) {
		const given = toBinding(options);
		const refusal = binding().check(given);
		if (refusal) throw fromParts((JSON.parse(refusal) as { error: ErrorParts }).error);
		const native = binding().make(given);
		this.#options = { ...options };
		this.baseURL = native.baseUrl;
		this.chat = new Chat(native);
	}

	/** A client with some options changed. */
	withOptions(options: ClientOptions): Client {
		return new Client({ ...this.#options, ...options });
	}
}
