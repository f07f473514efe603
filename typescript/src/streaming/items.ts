// The methods that all streams of this package share: two readers of one stream, lines of JSON, server-sent events.
//
// All of them read through `next`.

import { onAbort } from "../requests/abort.js";

/** A stream of items. */
export abstract class Items<Item> implements AsyncIterableIterator<Item> {
	/** Aborting it closes the connection; the iteration then fails with `APIUserAbortError`. */
	abstract readonly controller: AbortController;

	/** Returns the next item. Overlapping calls are served in their order. */
	abstract next(): Promise<IteratorResult<Item, undefined>>;
	/** Closes the connection. Called when a loop is left early. */
	abstract return(): Promise<IteratorResult<Item, undefined>>;

	[Symbol.asyncIterator](): this {
		return this;
	}

	/** The value that represents an item if the stream is passed on; undefined for one that only repeats others. */
	protected forwarded(item: Item): unknown {
		return item;
	}

	/**
	 * Returns two streams of the same items. They read this stream at the speed of the faster reader; items that the other has not read are kept
	 * for it. The connection is closed when both have been closed.
	 */
	tee(): [Branch<Item>, Branch<Item>] {
		const forwarded = (item: Item) => this.forwarded(item);
		const left = new Branch(this, forwarded);
		const right = new Branch(this, forwarded);
		left.other = right;
		right.other = left;
		return [left, right];
	}

	/**
	 * Returns the items as lines of JSON, for the body of a `Response`; `Stream.fromReadableStream` reads them. For `.stream()`, the items are
	 * the chunks, or the events of the format.
	 */
	toReadableStream(): ReadableStream<Uint8Array> {
		return this.#bytes((item) => `${JSON.stringify(item)}\n`);
	}

	/** Returns the items as server-sent events, as a server of this format sends them. */
	toEventStream(): ReadableStream<Uint8Array> {
		let isMessage = false;
		const event = (item: unknown) => {
			const { type } = item as { type?: string };
			isMessage = type !== undefined;
			return `${isMessage ? `event: ${type}\n` : ""}data: ${JSON.stringify(item)}\n\n`;
		};
		return this.#bytes(event, () => (isMessage ? "" : "data: [DONE]\n\n"));
	}

	#bytes(text: (item: unknown) => string, end = () => ""): ReadableStream<Uint8Array> {
		const encoder = new TextEncoder();
		return new ReadableStream({
			pull: async (controller) => {
				for (;;) {
					const { value, done } = await this.next();
					if (done) {
						const last = end();
						if (last) controller.enqueue(encoder.encode(last));
						return controller.close();
					}
					const item = this.forwarded(value);
					if (item !== undefined) return controller.enqueue(encoder.encode(text(item)));
				}
			},
			cancel: async () => void (await this.return()),
		});
	}
}

/** One of the two readers of a stream. */
export class Branch<Item> extends Items<Item> {
	static override readonly name: string = "Branch";

	/** The controller of the source: aborting it ends both readers. */
	readonly controller: AbortController;
	/** The other reader; undefined after it has been closed. */
	other: Branch<Item> | undefined;
	readonly #source: Items<Item>;
	readonly #forwarded: (item: Item) => unknown;
	#kept: Promise<IteratorResult<Item, undefined>>[] = [];
	#isClosed = false;

	constructor(source: Items<Item>, forwarded: (item: Item) => unknown) {
		super();
		this.controller = source.controller;
		this.#source = source;
		this.#forwarded = forwarded;
	}

	protected override forwarded(item: Item): unknown {
		return this.#forwarded(item);
	}

	next(): Promise<IteratorResult<Item, undefined>> {
		if (this.#isClosed) return Promise.resolve({ value: undefined, done: true });
		const kept = this.#kept.shift();
		if (kept) return kept;
		const result = this.#source.next();
		// The reader gets the error; the other branch may never read it.
		result.catch(() => undefined);
		if (this.other) this.other.#kept.push(result);
		return result;
	}

	async return(): Promise<IteratorResult<Item, undefined>> {
		if (!this.#isClosed) {
			this.#isClosed = true;
			this.#kept = [];
			if (this.other) this.other.other = undefined;
			else await this.#source.return();
		}
		return { value: undefined, done: true };
	}
}

/**
 * Reads items from the lines of JSON that `toReadableStream` writes. Leaving the loop cancels the body; so does aborting `controller`,
 * which also makes the loop fail.
 */
export async function* lines<Item>(
	body: ReadableStream<Uint8Array>,
	controller: AbortController | undefined,
): AsyncGenerator<Item, void, undefined> {
	const reader = body.getReader();
	// The body is not needed any more, so a failure to cancel it is ignored.
	const cancel = (why?: unknown) => reader.cancel(why).catch(() => undefined);
	const withdraw = onAbort(controller?.signal, () => void cancel(controller?.signal.reason));
	const decoder = new TextDecoder();
	let rest = "";
	try {
		for (let isDone = false; !isDone; ) {
			const { value, done } = await reader.read();
			controller?.signal.throwIfAborted();
			isDone = done;
			const parts = (rest + decoder.decode(value, { stream: !done })).split("\n");
			rest = done ? "" : (parts.pop() as string);
			for (const line of parts) if (line.trim()) yield JSON.parse(line) as Item;
		}
	} finally {
		withdraw();
		await cancel();
	}
}
