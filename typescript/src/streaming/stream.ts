// A streamed reply, for `for await`.
//
// Each batch is one crossing from the native stream, which is closed when the loop is left. Errors are rejections: nothing is thrown outside a
// promise, whenever the signal is aborted.

import type { NativeStream } from "../binding/binding.js";
import { cancelledError } from "../binding/errors.js";
import type { ErrorFields } from "../binding/failure.js";
import { errorFrom } from "../generated/errors.js";
import type { ChatCompletion, ChatCompletionChunk, NormalEvent } from "../generated/types.js";
import { follow } from "../requests/abort.js";
import type { Head } from "../requests/api-promise.js";
import type { Cancellation } from "../requests/cancellation.js";
import { type Entry, Expander, eventText, type Ops } from "./expander.js";
import { Items, lines } from "./items.js";

interface Batch {
	/** See `expander.ts`. */
	items: Entry[];
	done: boolean;
	/** The JSON text of each item, if the client keeps it. */
	raw?: (string | null)[];
	error?: ErrorFields;
}

/** How many batches are taken before other tasks of the event loop get a turn. */
const batchesPerTurn = 16;

const raws = new WeakMap<object, string>();

/**
 * The JSON text that the server sent for a chunk or an event, if the client has the option `includeRaw`. Undefined without the option, and
 * for items that a repair added; items of one frame share its text.
 */
export function rawJSON(item: object): string | undefined {
	return raws.get(item);
}

/** Iterates over the batches of a native stream. */
abstract class Batches<Item> extends Items<Item> {
	#done = false;
	#batches = 0;
	/** The last of the calls that wait for a batch, which run one after the other. */
	#turn: Promise<unknown> = Promise.resolve();
	#waiting = 0;
	/** The JSON texts of the batch's items, if the client keeps them. */
	#raw: readonly (string | null)[] | undefined;
	/** Removes the stream's action from the caller's signal. */
	#withdraw: (() => void) | undefined;
	readonly #isEvents: boolean;
	readonly #expander: Expander;
	#controller: AbortController | undefined;
	/** The stream was aborted before its end, which the next `next()` reports. */
	#isAborted = false;

	/** `view`: the items are events, `helper` for those of `.stream()`, `normal` for those of `.events`. */
	constructor(view?: string) {
		super();
		this.#isEvents = view !== undefined;
		this.#expander = new Expander(view === "helper");
	}

	/** Ends the stream with the caller's signal. Must be called at the end of a constructor: an aborted signal ends the stream at once. */
	protected follow(signal: AbortSignal | null | undefined): void {
		this.#withdraw = follow(this, signal);
	}

	/** Aborting it closes the connection; the iteration then fails with `APIUserAbortError`. */
	get controller(): AbortController {
		// Created on demand: few streams need one, and it takes more memory than the rest of the stream.
		if (this.#controller === undefined) {
			this.#controller = new AbortController();
			this.#controller.signal.addEventListener("abort", () => this.#abort(), { once: true });
		}
		return this.#controller;
	}

	/** Whether the stream was closed or aborted. */
	protected get isClosed(): boolean {
		return this.#done || this.#isAborted;
	}

	#abort(): void {
		if (this.#done && this.#expander.isEmpty) return;
		this.#isAborted = true;
		// Items that were not returned yet are part of the reply that the error carries.
		this.#expander.load([]);
		this.cancel();
	}

	/** The next batch as JSON text. */
	protected abstract batch(): string | null | undefined | Promise<string | null | undefined>;
	/** Returns what was read ahead; at intervals nothing, so that timers and other tasks get a turn. */
	protected readAhead(read: () => string | null | undefined): string | null | undefined {
		this.#batches = (this.#batches + 1) % batchesPerTurn;
		return this.#batches === 0 ? undefined : read();
	}

	/** Closes the connection. */
	protected abstract cancel(): void;
	/** The reply accumulated so far. */
	abstract snapshot(): Promise<unknown>;

	next(): Promise<IteratorResult<Item, undefined>> {
		return this.#take(this.#item);
	}

	/**
	 * The texts of the first choice, or of the message, as they arrive. Cheaper than items. Reads the same stream: a text that was read here is
	 * not read again as an item. Leaving the loop closes the connection.
	 */
	get textStream(): AsyncIterableIterator<string> {
		return {
			next: this.#isEvents ? () => this.#nextEventText() : () => this.#nextText(),
			return: () => this.return() as Promise<IteratorResult<string, undefined>>,
			[Symbol.asyncIterator]() {
				return this;
			},
		};
	}

	async #nextEventText(): Promise<IteratorResult<string, undefined>> {
		for (;;) {
			// Through `next`, which applies the changes of live values.
			const { value, done } = await this.next();
			if (done) return { value: undefined, done };
			const text = eventText(value as Parameters<typeof eventText>[0]);
			if (text !== "") return { value: text, done: false };
		}
	}

	#nextText(): Promise<IteratorResult<string, undefined>> {
		if (this.#waiting === 0) {
			const value = this.#expander.nextText();
			if (value !== undefined) return Promise.resolve({ value, done: false });
		}
		return this.#take(this.#text);
	}

	#take<T>(take: () => T | undefined): Promise<IteratorResult<T, undefined>> {
		// Calls are served in their order.
		if (this.#waiting === 0) {
			try {
				const value = take();
				if (value !== undefined) return Promise.resolve({ value, done: false });
			} catch (error) {
				return Promise.reject(error);
			}
			if (this.#done && !this.#isAborted) return Promise.resolve({ value: undefined, done: true });
		}
		this.#waiting += 1;
		const turn = this.#turn.then(() => this.#wait(take));
		const served = () => {
			this.#waiting -= 1;
		};
		this.#turn = turn.then(served, served);
		return turn;
	}

	async #wait<T>(take: () => T | undefined): Promise<IteratorResult<T, undefined>> {
		for (;;) {
			const value = take();
			if (value !== undefined) return { value, done: false };
			if (this.#done && !this.#isAborted) return { value: undefined, done: true };
			const text = this.#isAborted ? null : await this.batch();
			if (this.#isAborted) {
				this.#end();
				throw cancelledError(await this.snapshot());
			}
			// No text: the end. It is empty over wasm and null over the addon.
			if (!text) {
				this.#end();
				continue;
			}
			const batch = JSON.parse(text) as Batch;
			if (batch.error) {
				this.#end();
				throw errorFrom(batch.error);
			}
			this.#expander.load(batch.items);
			this.#raw = batch.raw;
			if (batch.done) this.#end();
		}
	}

	readonly #text = (): string | undefined => this.#expander.nextText();

	readonly #item = (): Item | undefined => {
		const item = this.#expander.next() as Item | undefined;
		if (item === undefined) return undefined;
		// A client that keeps the texts gets no templates, so each item has a text.
		const raw = this.#raw?.[this.#expander.taken - 1];
		if (raw != null) raws.set(item as object, raw);
		this.prepare(item, this.#expander.ops);
		return item;
	};

	/** Called with each item before it is returned. */
	protected prepare(_item: Item, _ops: Ops | undefined): void {}

	#end(): void {
		this.#done = true;
		this.#isAborted = false;
		this.unfollow();
	}

	/** Removes the stream's action from the caller's signal. */
	protected unfollow(): void {
		this.#withdraw?.();
	}

	return(): Promise<IteratorResult<Item, undefined>> {
		this.close();
		return Promise.resolve({ value: undefined, done: true });
	}

	/** Closes the connection. The reply accumulated so far stays available. */
	close(): void {
		this.#end();
		this.#expander.load([]);
		this.cancel();
	}

	/** Reads the stream to its end. */
	protected async drain(): Promise<void> {
		while (!(await this.next()).done) {
			// The core accumulates the items.
		}
	}
}

/** A streamed reply: iterate over its chunks or events. */
export class Stream<Item = ChatCompletionChunk, Final = ChatCompletion> extends Batches<Item> {
	/** Status and headers of the response. */
	readonly head: Head;
	/** HTTP status of the response. */
	readonly status: number;
	/** The number of retries before the stream opened. */
	readonly retriesTaken: number;
	readonly #native: NativeStream;
	#headers: Headers | undefined;

	constructor(native: NativeStream, signal?: AbortSignal | null) {
		super();
		this.#native = native;
		this.head = JSON.parse(native.head()) as Head;
		this.status = this.head.status;
		this.retriesTaken = this.head.retries_taken;
		this.follow(signal);
	}

	/** Headers of the response. */
	get headers(): Headers {
		this.#headers ??= new Headers(this.head.headers);
		return this.#headers;
	}

	protected batch(): string | null | undefined | Promise<string | null | undefined> {
		return this.readAhead(() => this.#native.tryBatch?.()) || this.#native.nextBatch();
	}

	protected cancel(): void {
		this.#native.cancel();
	}

	/** The same stream as events that are the same for both formats. */
	get events(): EventStream<NormalEvent, Final> {
		const native = Promise.resolve(this.#native);
		return new EventStream(native, "normal", this.controller.signal, { ended: () => this.unfollow() });
	}

	/** The reply accumulated so far; null before the first item. */
	async snapshot(): Promise<Final | null> {
		const text = await this.#native.snapshot();
		return text ? (JSON.parse(text) as Final) : null;
	}

	/** Reads the stream to its end and returns the whole reply. */
	async final(): Promise<Final> {
		await this.drain();
		return required(await this.snapshot());
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

/** The source of a stream of events. */
export interface Source {
	/** Cancels the request while the stream is being opened. */
	opening?: Cancellation;
	/** Called when the stream has ended. Also keeps the objects alive that the stream depends on. */
	ended?: () => void;
}

/** A stream of events, which may not be open yet. */
export class EventStream<Event, Final> extends Batches<Event> {
	readonly #native: Promise<NativeStream>;
	readonly #view: string;
	readonly #source: Source;

	constructor(native: Promise<NativeStream>, view: string, signal?: AbortSignal | null, source: Source = {}) {
		super(view);
		this.#native = native;
		this.#view = view;
		this.#source = source;
		// The reader gets the error. Without a reader it must not count as an unhandled rejection.
		native.catch(() => undefined);
		this.follow(signal);
	}

	protected async batch(): Promise<string | null | undefined> {
		let native: NativeStream;
		try {
			native = await this.#native;
		} catch (error) {
			// A stream that is closed before it is open ends without an error.
			if (this.isClosed) return null;
			throw error;
		}
		return this.readAhead(() => native.tryEvents?.(this.#view)) || native.nextEvents(this.#view);
	}

	protected override unfollow(): void {
		super.unfollow();
		this.#source.ended?.();
	}

	protected cancel(): void {
		this.#source.opening?.cancel();
		this.#native.then(
			(stream) => stream.cancel(),
			() => undefined,
		);
	}

	/** The reply accumulated so far; null before the first item. */
	async snapshot(): Promise<Final | null> {
		const text = await (await this.#native).snapshot();
		return text ? (JSON.parse(text) as Final) : null;
	}

	/** Reads the stream to its end and returns the whole reply. */
	async final(): Promise<Final> {
		await this.drain();
		return required(await this.snapshot());
	}
}

function required<T>(value: T | null): T {
	if (value === null) throw new Error("the stream was closed before the first item");
	return value;
}
