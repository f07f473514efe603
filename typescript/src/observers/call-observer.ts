// Observes a call: passes its record and its reply to exporters.

import type { NativeStream, View } from "../binding/binding.js";
import type { CallRecord } from "../generated/record.js";
import { describeError } from "./describe-error.js";
import type { CallExporter } from "./exporters.js";

/** What an observer needs of the client's observers. */
export interface CallContext {
	/** Passes on the notices that have arrived. */
	flush(): void;
	/** Makes the record of a call that failed before it reached the core, with the class and the message of its error. */
	fail(name: string, message: string): void;
	/** Calls an exporter, whose exceptions are warnings. */
	guard(action: () => void): void;
}

/** Passes on the records of streams that were collected. Later, since the module frees them in a callback of its own. */
const collected = new FinalizationRegistry<() => void>((end) => setTimeout(end));

/** Observes a call. */
export class CallObserver {
	/** The options that make the core send notices about the call. */
	readonly options: { notice_id: number; notify_all: boolean };
	/** Headers that name the call's trace. */
	readonly headers: Record<string, string> | undefined;
	readonly #exporters: readonly CallExporter[];
	readonly #context: CallContext;
	#isOver = false;

	constructor(
		options: { notice_id: number; notify_all: boolean },
		exporters: readonly CallExporter[],
		context: CallContext,
	) {
		this.options = options;
		this.#exporters = exporters;
		this.#context = context;
		const headers = Object.assign({}, ...exporters.map((one) => one.headers));
		this.headers = Object.keys(headers).length > 0 ? headers : undefined;
	}

	/** The call has ended. */
	ended(record: CallRecord): void {
		this.#isOver = true;
		for (const exporter of this.#exporters) this.#context.guard(() => exporter.ended(record));
	}

	/** The caller got an error, which carries the received part of the reply. */
	failed(error: unknown): void {
		this.#context.flush();
		if (!this.#isOver) {
			// The call failed before it reached the core, which has sent the record of any other call.
			const { name, message } = describeError(error);
			this.#context.fail(name, message);
		}
		this.replied((error as { partial?: unknown } | null | undefined)?.partial ?? null);
	}

	/** The caller got a reply. */
	replied(reply: unknown): void {
		for (const exporter of this.#exporters) this.#context.guard(() => exporter.replied?.(reply));
	}

	/** Wraps a stream, so that its record is passed on at once if it is closed, and its reply if an exporter wants it. */
	watch(stream: NativeStream): NativeStream {
		const wantsReply = this.#exporters.some((exporter) => exporter.wantsReply);
		const reply = () => {
			if (!wantsReply) return;
			stream.snapshot().then(
				(whole) => this.replied(whole ? JSON.parse(whole) : null),
				() => this.replied(null),
			);
		};
		const seen = (text: string | null | undefined) => {
			// An empty text: nothing was read ahead. No text: the end.
			if (wantsReply && text !== "" && !(text && !isEnd(text))) reply();
			return text;
		};
		const { tryNext } = stream;
		const watched: NativeStream = {
			head: () => stream.head(),
			...(tryNext && { tryNext: (view: View) => seen(tryNext.call(stream, view)) }),
			next: async (view) => seen(await stream.next(view)),
			snapshot: () => stream.snapshot(),
			cancel: () => {
				stream.cancel();
				this.#context.flush();
				reply();
			},
		};
		collected.register(watched, () => {
			this.#context.flush();
			// The reply is gone with the stream.
			this.replied(null);
		});
		return watched;
	}
}

/** Whether a batch is the last one, or an error. */
function isEnd(text: string): boolean {
	const { done, error } = JSON.parse(text) as { done?: boolean; error?: unknown };
	return done === true || error !== undefined;
}
