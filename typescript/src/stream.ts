// A streamed answer, for `for await`.
//
// Law: hands out what the native stream brings, a batch a crossing, and closes it when the loop is left. Decides nothing about what
// the chunks mean.

import type { NativeStream } from "./binding.js";
import type { ErrorParts } from "./failure.js";
import { fromParts } from "./generated/errors.js";
import type { ChatCompletion, ChatCompletionChunk } from "./generated/types.js";

/** `{status, headers, retries_taken}` as the border writes it. */
export interface Head {
	status: number;
	headers: [string, string][];
	retries_taken: number;
}

interface Batch {
	items: ChatCompletionChunk[];
	done: boolean;
	error?: ErrorParts;
}

/** A streamed answer: iterate over its chunks. */
export class Stream implements AsyncIterableIterator<ChatCompletionChunk> {
	/** HTTP status of the answer. */
	readonly status: number;
	/** Headers of the answer. */
	readonly headers: Headers;
	/** How often the request was sent again before the stream opened. */
	readonly retriesTaken: number;

	readonly #native: NativeStream;
	#items: ChatCompletionChunk[] = [];
	#next = 0;
	#done = false;
	/** The end of the line of calls that wait for a batch. */
	#turn: Promise<unknown> = Promise.resolve();

	constructor(native: NativeStream) {
		const head = JSON.parse(native.head()) as Head;
		this.#native = native;
		this.status = head.status;
		this.headers = new Headers(head.headers);
		this.retriesTaken = head.retries_taken;
	}

	[Symbol.asyncIterator](): this {
		return this;
	}

	/** The next chunk. Calls that overlap are answered in their order. */
	next(): Promise<IteratorResult<ChatCompletionChunk, undefined>> {
		const value = this.#items[this.#next];
		if (value !== undefined) {
			this.#next += 1;
			return Promise.resolve({ value, done: false });
		}
		if (this.#done) return Promise.resolve({ value: undefined, done: true });
		const turn = this.#turn.then(() => this.#wait());
		this.#turn = turn.catch(() => undefined);
		return turn;
	}

	async #wait(): Promise<IteratorResult<ChatCompletionChunk, undefined>> {
		while (this.#next >= this.#items.length && !this.#done) {
			const text = await this.#native.nextBatch();
			if (text == null) {
				this.#done = true;
				break;
			}
			const batch = JSON.parse(text) as Batch;
			if (batch.error) {
				this.#done = true;
				throw fromParts(batch.error);
			}
			this.#items = batch.items;
			this.#next = 0;
			this.#done = batch.done;
		}
		const value = this.#items[this.#next];
		if (value === undefined) return { value: undefined, done: true };
		this.#next += 1;
		return { value, done: false };
	}

	/** Called when a loop is left early: closes the connection. */
	return(): Promise<IteratorResult<ChatCompletionChunk, undefined>> {
		this.close();
		return Promise.resolve({ value: undefined, done: true });
	}

	/** Closes the connection. What was accumulated stays. */
	close(): void {
		this.#done = true;
		this.#items = [];
		this.#native.cancel();
	}

	/** What was accumulated so far; nothing before anything came. */
	async snapshot(): Promise<ChatCompletion | null> {
		const text = await this.#native.snapshot();
		return text == null ? null : (JSON.parse(text) as ChatCompletion);
	}

	/** Reads the stream to its end and gives what it adds up to. */
	async finalChatCompletion(): Promise<ChatCompletion> {
		while (!(await this.next()).done) {
			// Each chunk is accumulated in the core.
		}
		const completion = await this.snapshot();
		if (completion === null) throw new Error("the stream was closed before anything came");
		return completion;
	}
}
