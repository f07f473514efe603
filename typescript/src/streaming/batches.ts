// The base of streams: iterates over the batches of a native stream.
//
// Each batch is one crossing from the native stream, which is closed when the loop is left. Errors are rejections: nothing is thrown outside a
// promise, whenever the signal is aborted.

import { type NativeStream, View } from "../binding/binding.js";
import { cancelledError } from "../binding/errors.js";
import type { ErrorFields } from "../binding/failure.js";
import { errorFrom } from "../generated/errors.js";
import { follow } from "../requests/abort.js";
import type { Head } from "../requests/api-promise.js";
import type { Cancellation } from "../requests/cancellation.js";
import { type Entry, Expander, eventText, textOf } from "./expander.js";
import { Items } from "./items.js";

interface Batch {
	/** See `expander.ts`. */
	items: Entry[];
	done: boolean;
	/** The JSON text of each item, if the client keeps it. */
	raw?: (string | null)[];
	error?: ErrorFields;
}

/** A stream, or the error of opening it. */
type Opened = { stream: NativeStream } | { error: unknown };

/** The source of a stream that may not be open yet. */
export interface Source {
	/** Cancels the request while the stream is being opened. */
	opening?: Cancellation;
	/** Called when the stream has ended. Also keeps the objects alive that the stream depends on. */
	ended?: () => void;
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
export abstract class Batches<Item, Final> extends Items<Item> {
	#done = false;
	#batches = 0;
	/** The last of the calls that wait for a batch, which run one after the other. */
	#turn: Promise<void> = Promise.resolve();
	#waiting = 0;
	/** The JSON texts of the batch's items, if the client keeps them. */
	#raw: readonly (string | null)[] | undefined;
	/** Removes the stream's action from the caller's signal. */
	#withdraw: (() => void) | undefined;
	/** The stream, once it is open. */
	#native: NativeStream | Promise<Opened>;
	readonly #view: View;
	readonly #source: Source;
	readonly #expander: Expander;
	#controller: AbortController | undefined;
	/** The stream was aborted before its end, which the next `next()` reports. */
	#isAborted = false;
	/** The client's hook for items, once the stream is open. */
	#hook: NativeStream["onItem"];
	/** Ends the wait for the hook, if there is one. */
	#interrupt: (() => void) | undefined;
	/** The error that ended the stream. */
	#failure: { error: unknown } | undefined;

	/** Ends the stream with `signal`. */
	constructor(
		native: NativeStream | Promise<NativeStream>,
		view: View,
		signal?: AbortSignal | null,
		source: Source = {},
	) {
		super();
		// Without a reader, a failure to open must not count as an unhandled rejection.
		this.#native =
			native instanceof Promise
				? native.then(
						(stream) => ({ stream }),
						(error: unknown) => ({ error }),
					)
				: native;
		if (!(native instanceof Promise)) this.#hook = native.onItem;
		this.#view = view;
		this.#source = source;
		this.#expander = new Expander(view === View.helperEvents);
		// Last, since a signal that is aborted already ends the stream at once.
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

	#abort(): void {
		if (this.#done && this.#expander.isEmpty) return;
		this.#isAborted = true;
		this.#interrupt?.();
		// Items that were not returned yet are part of the reply that the error carries.
		this.#expander.load([]);
		this.#cancel();
	}

	/** Returns the next batch as JSON text. At intervals not from what was read ahead, so that timers and other tasks get a turn. */
	#batch(): string | null | undefined | Promise<string | null | undefined> {
		const native = this.#native;
		if (native instanceof Promise) return this.#firstBatch();
		this.#batches = (this.#batches + 1) % batchesPerTurn;
		return (this.#batches > 0 && native.tryNext?.(this.#view)) || native.next(this.#view);
	}

	/** Returns the stream when it is open. Rejects with the error of opening. */
	#open(): NativeStream | Promise<NativeStream> {
		const native = this.#native;
		return native instanceof Promise ? native.then(streamOf) : native;
	}

	/** Resolves with status and headers as soon as the stream is open. Rejects with the error of opening. */
	protected async opened(): Promise<Head> {
		return JSON.parse((await this.#open()).head()) as Head;
	}

	async #firstBatch(): Promise<string | null | undefined> {
		try {
			const native = await this.#open();
			this.#native = native;
			this.#hook = native.onItem;
		} catch (error) {
			// A stream that is closed before it is open ends without an error.
			if (this.#done || this.#isAborted) return null;
			throw error;
		}
		return this.#batch();
	}

	/** Closes the connection. */
	#cancel(): void {
		this.#source.opening?.cancel();
		const native = this.#native;
		if (native instanceof Promise) void native.then((opened) => "stream" in opened && opened.stream.cancel());
		else native.cancel();
	}

	/** The reply accumulated so far; null before the first item. */
	async snapshot(): Promise<Final | null> {
		const text = await (await this.#open()).snapshot();
		return text ? (JSON.parse(text) as Final) : null;
	}

	/** Reads the stream to its end and returns the whole reply. */
	async final(): Promise<Final> {
		await this.drain();
		return this.whole();
	}

	/** Reads the stream to its end. */
	protected async drain(): Promise<void> {
		while (!(await this.next()).done) {
			// The core accumulates the items.
		}
	}

	/** Returns the whole reply after the end of the stream. After a failure, what was received is not whole: rejects with the same error again. */
	protected async whole(): Promise<Final> {
		if (this.#failure) throw this.#failure.error;
		const reply = await this.snapshot();
		if (reply === null) throw new Error("the stream was closed before the first item");
		return reply;
	}

	next(): Promise<IteratorResult<Item, undefined>> {
		return this.#take(this.#item);
	}

	/**
	 * The texts of the first choice, or of the message, as they arrive. Cheaper than items. Reads the same stream: a text that was read here is
	 * not read again as an item. Leaving the loop closes the connection.
	 */
	get textStream(): AsyncIterableIterator<string> {
		return {
			// A hook sees items. Streams of items are open when they are created.
			next: this.#view !== View.items || this.#hook ? () => this.#nextEventText() : () => this.#nextText(),
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
			const text = (this.#view === View.items ? textOf : eventText)(value as Parameters<typeof eventText>[0]);
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
		if (this.#waiting === 0 && !this.#hook) {
			try {
				const value = take();
				if (value !== undefined) return Promise.resolve({ value, done: false });
			} catch (error) {
				this.#failure = { error };
				return Promise.reject(error);
			}
			if (this.#done && !this.#isAborted) return Promise.resolve({ value: undefined, done: true });
		}
		return this.#waitInTurn(take);
	}

	/**
	 * Waits for earlier calls, then for batches until one has something to take. V8 adds callers to the stack of an error only if nothing else
	 * waits for this promise, and an error has ten frames.
	 */
	async #waitInTurn<T>(take: () => T | undefined): Promise<IteratorResult<T, undefined>> {
		this.#waiting += 1;
		const earlier = this.#turn;
		let serveNext = () => {};
		this.#turn = new Promise((resolve) => {
			serveNext = resolve;
		});
		await earlier;
		try {
			for (;;) {
				const value = take();
				if (value !== undefined && (!this.#hook || (await this.#passHook(value)))) return { value, done: false };
				if (this.#done && !this.#isAborted) return { value: undefined, done: true };
				const text = this.#isAborted ? null : await this.#batch();
				if (this.#isAborted) {
					this.#end();
					throw cancelledError(await this.snapshot());
				}
				this.#load(text);
			}
		} catch (error) {
			this.#failure = { error };
			throw error;
		} finally {
			this.#waiting -= 1;
			serveNext();
		}
	}

	/** Calls the hook with an item. Returns false if the stream was closed meanwhile. If the hook fails, the stream is closed. */
	async #passHook(item: unknown): Promise<boolean> {
		let isOpen = true;
		const interrupted = new Promise<void>((resolve) => {
			this.#interrupt = () => {
				isOpen = false;
				resolve();
			};
		});
		try {
			await Promise.race([this.#hook?.(item), interrupted]);
		} catch (error) {
			this.close();
			throw error;
		} finally {
			this.#interrupt = undefined;
		}
		return isOpen;
	}

	/** Takes over a batch. Throws its error. */
	#load(text: string | null | undefined): void {
		// No text: the end. It is empty over wasm and null over the addon.
		if (!text) {
			this.#end();
			return;
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

	readonly #text = (): string | undefined => this.#expander.nextText();

	readonly #item = (): Item | undefined => {
		const item = this.#expander.next() as Item | undefined;
		if (item === undefined) return undefined;
		// A client that keeps the texts gets no templates, so each item has a text.
		const raw = this.#raw?.[this.#expander.taken - 1];
		if (raw != null) raws.set(item as object, raw);
		this.prepare(item, this.#expander);
		return item;
	};

	/** Called with each item before it is returned. */
	protected prepare(_item: Item, _expander: Expander): void {}

	#end(): void {
		this.#done = true;
		this.#isAborted = false;
		this.unfollow();
	}

	/** Removes the stream's action from the caller's signal. */
	protected unfollow(): void {
		this.#withdraw?.();
		this.#source.ended?.();
	}

	return(): Promise<IteratorResult<Item, undefined>> {
		this.close();
		return Promise.resolve({ value: undefined, done: true });
	}

	/** Closes the connection. The reply accumulated so far stays available. */
	close(): void {
		this.#end();
		this.#interrupt?.();
		this.#expander.load([]);
		this.#cancel();
	}
}

function streamOf(opened: Opened): NativeStream {
	if ("error" in opened) throw opened.error;
	return opened.stream;
}
