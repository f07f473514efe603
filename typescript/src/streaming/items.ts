// What every stream of this package can do, whatever its items are.
//
// Rule: takes items from `next` alone, and hands them on: to two readers, as lines of JSON, as server-sent events.

import { onAbort } from "../requests/abort.js";

/** Something that streams. */
export abstract class Items<Item> implements AsyncIterableIterator<Item> {
	/** Aborting it closes the connection; the iteration then fails with `APIUserAbortError`. */
	abstract readonly controller: AbortController;

	/** The next item. Calls that overlap are answered in their order. */
	abstract next(): Promise<IteratorResult<Item, undefined>>;
	/** Called when a loop is left early: closes the connection. */
	abstract return(): Promise<IteratorResult<Item, undefined>>;

	[Symbol.asyncIterator](): this {
		return this;
	}

	/** What stands for an item where a stream is handed on; nothing for one that only repeats others. */
	protected handedOn(item: Item): unknown {
		return item;
	}

	/**
	 * Two streams of the same items. Both are fed by this one, as fast as the faster reader reads; what the other has not read is kept
	 * for it. The connection is closed when both were left.
	 */
	tee(): [Branch<Item>, Branch<Item>] {
		const handedOn = (item: Item) => this.handedOn(item);
		const left = new Branch(this, handedOn);
		const right = new Branch(this, handedOn);
		left.other = right;
		right.other = left;
		return [left, right];
	}

	/**
	 * The items as lines of JSON, for a `Response` of your own; `Stream.fromReadableStream` reads them. Of `.stream()` those are the
	 * chunks, or the events of the format.
	 */
	toReadableStream(): ReadableStream<Uint8Array> {
		return this.#bytes((item) => `${JSON.stringify(item)}\n`);
	}

	/** The items as server-sent events, as a server of this format sends them. */
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
					const item = this.handedOn(value);
					if (item !== undefined) return controller.enqueue(encoder.encode(text(item)));
				}
			},
			cancel: async () => void (await this.return()),
		});
	}
}

/** One of the two readers of a stream. */
export class Branch<Item> extends Items<Item> {
	/** That of the stream: both readers end with it. */
	readonly controller: AbortController;
	/** The other reader; nothing when it has left. */
	other: Branch<Item> | undefined;
	readonly #source: Items<Item>;
	readonly #handedOn: (item: Item) => unknown;
	#waiting: Promise<IteratorResult<Item, undefined>>[] = [];
	#isOver = false;

	constructor(source: Items<Item>, handedOn: (item: Item) => unknown) {
		super();
		this.controller = source.controller;
		this.#source = source;
		this.#handedOn = handedOn;
	}

	protected override handedOn(item: Item): unknown {
		return this.#handedOn(item);
	}

	next(): Promise<IteratorResult<Item, undefined>> {
		if (this.#isOver) return Promise.resolve({ value: undefined, done: true });
		const kept = this.#waiting.shift();
		if (kept) return kept;
		const result = this.#source.next();
		// Whoever reads it gets its error; the other may never read.
		result.catch(() => undefined);
		if (this.other) this.other.#waiting.push(result);
		return result;
	}

	async return(): Promise<IteratorResult<Item, undefined>> {
		if (!this.#isOver) {
			this.#isOver = true;
			this.#waiting = [];
			if (this.other) this.other.other = undefined;
			else await this.#source.return();
		}
		return { value: undefined, done: true };
	}
}

/**
 * Items from the lines of JSON that `toReadableStream` writes. Leaving the loop cancels the body, and so does aborting `controller`,
 * which fails the loop.
 */
export async function* lines<Item>(
	body: ReadableStream<Uint8Array>,
	controller: AbortController | undefined,
): AsyncGenerator<Item, void, undefined> {
	const reader = body.getReader();
	// A body may fail to be cancelled, which is of no interest to anybody.
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
