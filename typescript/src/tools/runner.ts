// Runs of tools over a request that grows.
//
// Law: the core finds the calls in a reply and writes the turn that answers them; `run.ts` is the loop.

import { ready } from "../binding/binding.js";
import { assist } from "../binding/operations.js";
import type { ChatCompletion, ChatStreamEvent, Message, MessageStreamEvent } from "../generated/types.js";
import { Cancellation } from "../requests/cancellation.js";
import type { RequestOptions } from "../requests/options.js";
import type { Sender } from "../requests/sender.js";
import { ChatCompletionStream, MessageStream } from "../streaming/live-stream.js";
import { type Reply, Run, type Work } from "./run.js";
import { type Call, type Outcome, type RunOptions, Toolbox } from "./toolbox.js";

export { type RunOptions, type Tool, type ToolCallEvent, type ToolContext, type ToolEvent, tool } from "./toolbox.js";

type Endpoint = "chat" | "messages";
type Request = Record<string, unknown> & { messages: unknown[] };

/** How a run over chat completions goes. */
export interface ChatRunOptions extends RunOptions {
	/** The name under which reasoning is sent back. Default: the one that the server used, such as `reasoning` or `reasoning_content`. */
	reasoningField?: string | undefined;
}

/** The request of a run. */
class Growing<Event, Final extends Reply> implements Work<Event, Final> {
	readonly left = "its last turn is in `partial`";
	readonly isQuiet = false;
	readonly #sender: Sender;
	readonly #endpoint: Endpoint;
	readonly #reasoningField: string | undefined;
	request: Request;

	constructor(sender: Sender, endpoint: Endpoint, body: object, reasoningField: string | undefined) {
		this.#sender = sender;
		this.#endpoint = endpoint;
		this.#reasoningField = reasoningField;
		const request = body as Request;
		this.request = { ...request, messages: Array.isArray(request.messages) ? [...request.messages] : request.messages };
	}

	/** Puts the tools into the request. Those without a function are the provider's, or the caller's own. */
	async tools(): Promise<Toolbox> {
		await ready();
		const box = await Toolbox.of((this.request.tools ?? []) as object[]);
		const { tools } = assist<{ tools: unknown[] }>("tools", { endpoint: this.#endpoint, tools: box.definitions() });
		this.request.tools = [...tools, ...box.foreign];
		// How many tokens a step used is told only on request.
		if (this.#endpoint === "chat") this.request.stream_options ??= { include_usage: true };
		return box;
	}

	async *ask(options: RequestOptions): AsyncGenerator<Event, Final, undefined> {
		const opening = new Cancellation();
		const native = this.#sender.stream(this.#endpoint, this.request, options, opening);
		const from = [native, options.signal, undefined, { opening }] as const;
		const stream = this.#endpoint === "chat" ? new ChatCompletionStream(...from) : new MessageStream(...from);
		yield* stream as AsyncIterable<Event>;
		return (await stream.final()) as Final;
	}

	take(reply: Final, tools: Toolbox): { calls: Call[]; isPaused: boolean } {
		const input = { endpoint: this.#endpoint, reply, tools: tools.definitions() };
		const { calls, paused } = assist<{ calls: Call[]; paused: boolean }>("calls", input);
		return { calls, isPaused: paused };
	}

	tell(reply: Final, results: Outcome[]): void {
		const input = { endpoint: this.#endpoint, request: this.request, reply, results };
		const answered = assist<{ request: Request }>("answer", { ...input, reasoning_field: this.#reasoningField });
		this.request = answered.request;
	}
}

/** A run of tools: iterate over it for the events of every step, those of `.stream()`, or await `final()`. */
export class ToolRunner<Event, Final extends Reply> extends Run<Event, Final> {
	readonly #work: Growing<Event, Final>;

	constructor(sender: Sender, endpoint: Endpoint, body: object, options: RunOptions = {}, reasoningField?: string) {
		const work = new Growing<Event, Final>(sender, endpoint, body, reasoningField);
		super(work, options);
		this.#work = work;
	}

	/** The conversation so far: what was given, the model's turns, the results of its calls. */
	get messages(): unknown[] {
		return [...this.#work.request.messages];
	}

	/** As `final`, under the name that users of chat completions know. */
	finalChatCompletion(): Promise<Final> {
		return this.final();
	}

	/** As `final`, under the name that users of messages know. */
	finalMessage(): Promise<Final> {
		return this.final();
	}

	/** Ends the run: closes the connection, and tells running functions. */
	close(): void {
		// An error of a run that was left has no recipient.
		this.leave().catch(() => undefined);
	}
}

/** A run over chat completions. */
export type ChatToolRunner = ToolRunner<ChatStreamEvent, ChatCompletion>;
/** A run over messages. */
export type MessageToolRunner = ToolRunner<MessageStreamEvent, Message>;
