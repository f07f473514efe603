// `messages.toolRunner`: a run of tools as a loop over messages, or over the stream of each message.

import type { Message } from "../generated/types.js";
import { Cancellation } from "../requests/cancellation.js";
import type { RequestOptions } from "../requests/options.js";
import type { Sender } from "../requests/sender.js";
import { MessageStream } from "../streaming/helper-streams.js";
import { RunLoop } from "./run.js";
import { RequestRun } from "./runner.js";
import type { RunOptions } from "./tool.js";

type Turn = Message | MessageStream;

/** A run whose events are the replies, whole or as streams. */
class TurnRun extends RequestRun<Turn, Message> {
	isStreamed = false;

	override async *send(options: RequestOptions): AsyncGenerator<Turn, Message, undefined> {
		if (!this.isStreamed) {
			const { data } = await this.sender.call<Message>(this.endpoint, this.request, options);
			yield data;
			return data;
		}
		const opening = new Cancellation();
		const native = this.sender.stream(this.endpoint, this.request, options, opening);
		const stream = new MessageStream(
			native,
			options.signal,
			undefined,
			{ opening },
			this.request.messages as unknown[],
		);
		yield stream;
		return stream.final();
	}
}

interface ToolRunnerFields {
	max_iterations?: number;
	stream?: boolean;
	thread?: false;
}

/** A run of tools: iterate over its messages, or with `stream: true` over their streams, or await the last message. */
export class MessageRunner<Item extends Turn = Message> extends RunLoop<Turn, Message> {
	static override readonly name: string = "MessageRunner";

	readonly #state: TurnRun;
	#last: Promise<Message> | undefined;

	constructor(sender: Sender, body: object, options: RunOptions = {}) {
		// The messages are sent with each request; `thread` would keep them at the provider.
		const { max_iterations, thread: _thread, ...request } = body as ToolRunnerFields;
		const limited = max_iterations === undefined ? options : { maxSteps: max_iterations, ...options };
		const state = new TurnRun(sender, "messages", request, limited);
		super(state, limited);
		this.#state = state;
		state.isStreamed = request.stream === true;
	}

	/** Yields each message, or its stream. Leaving the loop ends the run. */
	override async *[Symbol.asyncIterator](): AsyncGenerator<Item, void, undefined> {
		for await (const item of super[Symbol.asyncIterator]()) {
			if (!String((item as { type?: string }).type).startsWith("tool.")) yield item as Item;
		}
	}

	/** The request with the messages so far. */
	get params(): Record<string, unknown> {
		return this.#state.request;
	}

	/** Adds messages to the next request. */
	pushMessages(...messages: object[]): void {
		const request = this.#state.request;
		this.#state.request = { ...request, messages: [...(request.messages as object[]), ...messages] };
	}

	/** Runs to the end and returns the last message. */
	done(): Promise<Message> {
		this.#last ??= this.final();
		return this.#last;
	}

	/** Runs to the end and returns the last message. */
	runUntilDone(): Promise<Message> {
		return this.done();
	}

	// biome-ignore lint/suspicious/noThenProperty: awaiting the runner returns the last message
	then<A = Message, B = never>(
		onFulfilled?: ((message: Message) => A | PromiseLike<A>) | null,
		onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
	): Promise<A | B> {
		return this.done().then(onFulfilled, onRejected);
	}
}
