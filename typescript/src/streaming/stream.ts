// A streamed answer, for `for await`.
//
// Rule: returns what the native stream brings, one crossing per batch, and closes the stream when the loop is left. Errors are
// rejections: nothing is thrown outside a promise, whenever an abort comes.

import type { NativeStream } from "../binding/binding.js";
import { cancelledError } from "../binding/errors.js";
import type { ErrorFields } from "../binding/failure.js";
import { errorFrom } from "../generated/errors.js";
import type { ChatCompletion, ChatCompletionChunk, NormalEvent } from "../generated/types.js";
import { follow } from "../requests/abort.js";
import type { Cancellation } from "../requests/cancellation.js";
import { Items, lines } from "./items.js";
import { type Entry, Expander, type Ops, toldText } from "./template.js";

/** `{status, headers, retries_taken}` as the border writes it. */
export interface Head {
	status: number;
	headers: [string, string][];
	retries_taken: number;
}

interface Batch {
	/** See `template.ts`. */
	items: Entry[];
	done: boolean;
	/** The text of each item, where the client keeps it. */
	raw?: (string | null)[];
	error?: ErrorFields;
}

/** Batches that are taken without a turn of the event loop. */
const patience = 16;

const raws = new WeakMap<object, string>();

/**
 * The JSON text that the server sent, of a chunk or an event of a client with `includeRaw`. Nothing without that option, and for items
 * that a repair added; items that came in one frame share its text.
 */
export function rawJSON(item: object): string | undefined {
	return raws.get(item);
}

/** Iterates over what a native stream brings. */
abstract class Batches<Item> extends Items<Item> {
	#done = false;
	#hurried = 0;
	/** The end of the line of calls that wait for a batch. */
	#turn: Promise<unknown> = Promise.resolve();
	#waiting = 0;
	/** The texts of the batch's items, where the client keeps them. */
	#raw: readonly (string | null)[] | undefined;
	/** Withdraws what the caller's signal does. */
	#withdraw: (() => void) | undefined;
	readonly #isTold: boolean;
	readonly #expander: Expander;
	#controller: AbortController | undefined;
	/** Aborted before its end, which the next `next()` reports. */
	#isAborted = false;

	/** `view`: the items are events, those of `.stream()` or normal ones. */
	constructor(view?: string) {
		super();
		this.#isTold = view !== undefined;
		this.#expander = new Expander(view === "helper");
	}

	/** Ends the stream with the caller's signal. For the end of a constructor: a signal that is aborted ends the stream at once. */
	protected follow(signal: AbortSignal | null | undefined): void {
		this.#withdraw = follow(this, signal);
	}

	/** Aborting it closes the connection; the iteration then fails with `APIUserAbortError`. */
	get controller(): AbortController {
		// Few streams need one, and it is larger than everything else that they hold.
		if (this.#controller === undefined) {
			this.#controller = new AbortController();
			this.#controller.signal.addEventListener("abort", () => this.#abort(), { once: true });
		}
		return this.#controller;
	}

	/** Whether it was closed or aborted. */
	protected get isLeft(): boolean {
		return this.#done || this.#isAborted;
	}

	#abort(): void {
		if (this.#done && this.#expander.isEmpty) return;
		this.#isAborted = true;
		// The error has what was read, and what was not handed out with it.
		this.#expander.load([]);
		this.cancel();
	}

	/** The next batch as text. */
	protected abstract batch(): string | null | undefined | Promise<string | null | undefined>;
	/** What was read already, if anything; but now and then nothing, since timers and others want their turn too. */
	protected hurried(read: () => string | null | undefined): string | null | undefined {
		this.#hurried = (this.#hurried + 1) % patience;
		return this.#hurried === 0 ? undefined : read();
	}

	/** Closes the connection. */
	protected abstract cancel(): void;
	/** What was accumulated so far. */
	abstract snapshot(): Promise<unknown>;

	next(): Promise<IteratorResult<Item, undefined>> {
		return this.#give(this.#item);
	}

	/**
	 * The texts alone, as they come: of the first choice, or of the message. Cheaper than items, and of the same stream: a text that was
	 * read here is not read again as an item. Leaving the loop closes the connection.
	 */
	get textStream(): AsyncIterableIterator<string> {
		return {
			next: this.#isTold ? () => this.#toldText() : () => this.#nextText(),
			return: () => this.return() as Promise<IteratorResult<string, undefined>>,
			[Symbol.asyncIterator]() {
				return this;
			},
		};
	}

	async #toldText(): Promise<IteratorResult<string, undefined>> {
		for (;;) {
			// What an event changes of a live value is applied as it is handed out.
			const { value, done } = await this.next();
			if (done) return { value: undefined, done };
			const text = toldText(value as Parameters<typeof toldText>[0]);
			if (text !== "") return { value: text, done: false };
		}
	}

	#nextText(): Promise<IteratorResult<string, undefined>> {
		if (this.#waiting === 0) {
			const value = this.#expander.nextText();
			if (value !== undefined) return Promise.resolve({ value, done: false });
		}
		return this.#give(this.#text);
	}

	#give<T>(take: () => T | undefined): Promise<IteratorResult<T, undefined>> {
		// Who came first is served first.
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
			// Empty over wasm, null over the addon: nothing comes after the end.
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
		// Where texts are kept, each item is written out.
		const raw = this.#raw?.[this.#expander.place - 1];
		if (raw != null) raws.set(item as object, raw);
		this.prepare(item, this.#expander.ops);
		return item;
	};

	/** Called with each item as it is handed out. */
	protected prepare(_item: Item, _ops: Ops | undefined): void {}

	#end(): void {
		this.#done = true;
		this.#isAborted = false;
		this.unfollow();
	}

	/** Leaves the caller's signal alone from now on. */
	protected unfollow(): void {
		this.#withdraw?.();
	}

	return(): Promise<IteratorResult<Item, undefined>> {
		this.close();
		return Promise.resolve({ value: undefined, done: true });
	}

	/** Closes the connection. What was accumulated stays. */
	close(): void {
		this.#end();
		this.#expander.load([]);
		this.cancel();
	}

	/** Reads the stream to its end. */
	protected async drain(): Promise<void> {
		while (!(await this.next()).done) {
			// Each item is accumulated in the core.
		}
	}
}

/** A streamed answer: iterate over its chunks or events. */
export class Stream<Item = ChatCompletionChunk, Final = ChatCompletion> extends Batches<Item> {
	/** Status and headers, as the border wrote them. */
	readonly head: Head;
	/** HTTP status of the answer. */
	readonly status: number;
	/** How often the request was sent again before the stream opened. */
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

	/** Headers of the answer. */
	get headers(): Headers {
		this.#headers ??= new Headers(this.head.headers);
		return this.#headers;
	}

	protected batch(): string | null | undefined | Promise<string | null | undefined> {
		return this.hurried(() => this.#native.tryBatch?.()) || this.#native.nextBatch();
	}

	protected cancel(): void {
		this.#native.cancel();
	}

	/** The same stream as events that do not depend on the format. */
	get events(): EventStream<NormalEvent, Final> {
		const native = Promise.resolve(this.#native);
		return new EventStream(native, "normal", this.controller.signal, { ended: () => this.unfollow() });
	}

	/** What was accumulated so far; nothing before anything came. */
	async snapshot(): Promise<Final | null> {
		const text = await this.#native.snapshot();
		return text ? (JSON.parse(text) as Final) : null;
	}

	/** Reads the stream to its end and gives what it adds up to. */
	async final(): Promise<Final> {
		await this.drain();
		return some(await this.snapshot());
	}

	/** Items from the lines of JSON that `toReadableStream` writes, such as a page gets from a server of yours. */
	static fromReadableStream<Item = ChatCompletionChunk>(
		body: ReadableStream<Uint8Array>,
		controller?: AbortController,
	): AsyncGenerator<Item, void, undefined> {
		return lines<Item>(body, controller);
	}

	/** As `final`, under the name that users of chat completions know. */
	finalChatCompletion(): Promise<Final> {
		return this.final();
	}

	/** As `final`, under the name that users of messages know. */
	finalMessage(): Promise<Final> {
		return this.final();
	}
}

/** Where a stream of events comes from. */
export interface Source {
	/** Gives the request up while it is being opened. */
	opening?: Cancellation;
	/** Called when the stream has ended. Also keeps alive what the stream depends on. */
	ended?: () => void;
}

/** A stream of events that may still be being opened. */
export class EventStream<Event, Final> extends Batches<Event> {
	readonly #native: Promise<NativeStream>;
	readonly #view: string;
	readonly #source: Source;

	constructor(native: Promise<NativeStream>, view: string, signal?: AbortSignal | null, source: Source = {}) {
		super(view);
		this.#native = native;
		this.#view = view;
		this.#source = source;
		// A reader gets the error; without one it has no recipient.
		native.catch(() => undefined);
		this.follow(signal);
	}

	protected async batch(): Promise<string | null | undefined> {
		let native: NativeStream;
		try {
			native = await this.#native;
		} catch (error) {
			// A stream that was left before it was open ends as any other that was left.
			if (this.isLeft) return null;
			throw error;
		}
		return this.hurried(() => native.tryEvents?.(this.#view)) || native.nextEvents(this.#view);
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

	/** What was accumulated so far; nothing before anything came. */
	async snapshot(): Promise<Final | null> {
		const text = await (await this.#native).snapshot();
		return text ? (JSON.parse(text) as Final) : null;
	}

	/** Reads the stream to its end and gives what it adds up to. */
	async final(): Promise<Final> {
		await this.drain();
		return some(await this.snapshot());
	}
}

function some<T>(value: T | null): T {
	if (value === null) throw new Error("the stream was closed before anything came");
	return value;
}
