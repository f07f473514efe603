// The streams that `create` with `stream: true` and `.events` return.

import { type NativeStream, View } from "../binding/binding.js";
import type { ChatCompletion, ChatCompletionChunk, NormalEvent } from "../generated/types.js";
import type { Head } from "../requests/api-promise.js";
import { Batches } from "./batches.js";
import { lines } from "./items.js";

/** A streamed reply: iterate over its chunks or events. */
export class Stream<Item = ChatCompletionChunk, Final = ChatCompletion> extends Batches<Item, Final> {
	static override readonly name: string = "Stream";

	/** Status and headers of the response. */
	readonly head: Head;
	/** HTTP status of the response. */
	readonly status: number;
	/** The number of retries before the stream opened. */
	readonly retriesTaken: number;
	readonly #native: NativeStream;
	#headers: Headers | undefined;

	constructor(native: NativeStream, signal?: AbortSignal | null) {
		super(native, View.items, signal);
		this.#native = native;
		this.head = JSON.parse(native.head()) as Head;
		this.status = this.head.status;
		this.retriesTaken = this.head.retries_taken;
	}

	/** Headers of the response. */
	get headers(): Headers {
		this.#headers ??= new Headers(this.head.headers);
		return this.#headers;
	}

	/** The same stream as events that are the same for both formats. */
	get events(): EventStream<NormalEvent, Final> {
		const source = { ended: () => this.unfollow() };
		return new EventStream(this.#native, View.normalEvents, this.controller.signal, source);
	}

	/** Reads items from the lines of JSON that `toReadableStream` writes, for example in a page that a server passes a stream to. */
	static fromReadableStream<Item = ChatCompletionChunk>(
		body: ReadableStream<Uint8Array>,
		controller?: AbortController,
	): AsyncGenerator<Item, void, undefined> {
		return lines<Item>(body, controller);
	}

	/** The same as `final`, for chat completions. */
	finalChatCompletion(): Promise<Final> {
		return this.final();
	}

	/** The same as `final`, for messages. */
	finalMessage(): Promise<Final> {
		return this.final();
	}
}

/** A stream of events, which may not be open yet. */
export class EventStream<Event, Final> extends Batches<Event, Final> {
	static override readonly name: string = "EventStream";
}
