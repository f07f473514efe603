// `client.chat.completions`.
//
// Law: turns a call into one crossing; fields that it does not know go on as they are.

import type { NativeClient } from "./binding.js";
import type { ErrorParts } from "./failure.js";
import { fromParts } from "./generated/errors.js";
import type { ChatCompletion, ChatRequestParam } from "./generated/types.js";
import { type RequestOptions, toBinding } from "./options.js";
import { Stream } from "./stream.js";

/** A request for a whole answer. */
export type ChatRequestWhole = ChatRequestParam & { stream?: false | null };
/** A request for a stream. */
export type ChatRequestStreamed = ChatRequestParam & { stream: true };

/** Chat completions. */
export class Completions {
	readonly #native: NativeClient;

	constructor(native: NativeClient) {
		this.#native = native;
	}

	/** Asks for an answer: whole, or with `stream: true` as a stream of chunks. Rejects with an `APIError`. */
	create(body: ChatRequestStreamed, options?: RequestOptions): Promise<Stream>;
	create(body: ChatRequestWhole, options?: RequestOptions): Promise<ChatCompletion>;
	create(body: ChatRequestWhole | ChatRequestStreamed, options?: RequestOptions): Promise<ChatCompletion | Stream>;
	async create(
		body: ChatRequestWhole | ChatRequestStreamed,
		options: RequestOptions = {},
	): Promise<ChatCompletion | Stream> {
		const request = JSON.stringify(body);
		const changes = JSON.stringify(toBinding(options));
		if (body.stream) {
			const stream = await this.#native.stream(request, changes);
			return new Stream(typeof stream === "string" ? fail(stream) : stream);
		}
		const reply = JSON.parse(await this.#native.chat(request, changes)) as {
			value: ChatCompletion;
			error?: ErrorParts;
		};
		if (reply.error) throw fromParts(reply.error);
		return reply.value;
	}
}

function fail(text: string): never {
	throw fromParts((JSON.parse(text) as { error: ErrorParts }).error);
}

/** Chat endpoints. */
export class Chat {
	/** Chat completions. */
	readonly completions: Completions;

	constructor(native: NativeClient) {
		this.completions = new Completions(native);
	}
}
