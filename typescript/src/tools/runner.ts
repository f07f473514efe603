// Runs of tools over a request: `runTools` of both formats.

import { ready } from "../binding/binding.js";
import { operation } from "../binding/operations.js";
import type { Outcome, ToolRun } from "../generated/operations.js";
import type { ChatCompletion, ChatStreamEvent, Message, MessageStreamEvent } from "../generated/types.js";
import { Cancellation } from "../requests/cancellation.js";
import type { Format } from "../requests/format.js";
import { checkJSON } from "../requests/json.js";
import type { RequestOptions } from "../requests/options.js";
import type { Sender } from "../requests/sender.js";
import { ChatCompletionStream, MessageStream } from "../streaming/helper-streams.js";
import { type Reply, RunLoop, type RunState, type Step } from "./run.js";
import type { RunOptions } from "./tool.js";
import { Toolbox } from "./toolbox.js";

type Request = Record<string, unknown>;

/** The options of a run over chat completions. */
export interface ChatRunOptions extends RunOptions {
	/** The field in which reasoning is sent back. Default: the one that the server used, such as `reasoning` or `reasoning_content`. */
	reasoningField?: string | undefined;
}

/** The state of a run over a request, which grows with each reply. */
class RequestRun<Event, Final extends Reply> implements RunState<Event, Final> {
	readonly ignoresEarlyEnd = false;
	readonly #sender: Sender;
	readonly #endpoint: Format;
	readonly #options: ChatRunOptions;
	#run: ToolRun | undefined;
	request: Request;

	constructor(sender: Sender, endpoint: Format, body: object, options: ChatRunOptions) {
		this.#sender = sender;
		this.#endpoint = endpoint;
		this.#options = options;
		this.request = body as Request;
	}

	async start(): Promise<Toolbox> {
		const { tools: definitions, ...request } = this.request;
		checkJSON(request, "InvalidRequestError");
		await ready();
		const tools = await Toolbox.of((definitions ?? []) as object[]);
		const { maxSteps, reasoningField } = this.#options;
		const started = operation("begin_tool_run", {
			endpoint: this.#endpoint,
			request,
			functions: tools.definitions,
			provided: tools.provided,
			max_steps: maxSteps,
			reasoning_field: reasoningField,
		});
		this.request = started.request;
		this.#run = started.run;
		return tools;
	}

	nextStep(): Step {
		return { next: "request", calls: [], events: [] };
	}

	async *send(options: RequestOptions): AsyncGenerator<Event, Final, undefined> {
		const opening = new Cancellation();
		const native = this.#sender.stream(this.#endpoint, this.request, options, opening);
		const source = [native, options.signal, undefined, { opening }] as const;
		const stream = this.#endpoint === "chat" ? new ChatCompletionStream(...source) : new MessageStream(...source);
		yield* stream as AsyncIterable<Event>;
		return (await stream.final()) as Final;
	}

	take(reply: Final): Step {
		const { run, ...step } = operation("take_reply", { run: this.#run as ToolRun, reply });
		this.#run = run;
		return step;
	}

	answer(results: Outcome[], reply: Final): void {
		const input = { run: this.#run as ToolRun, request: this.request, reply, results };
		this.request = operation("answer_calls", input).request;
	}
}

/** A run of tools: iterate over it for the events of every reply, which are those of `.stream()`, or await `final()`. */
export class ToolRunner<Event, Final extends Reply> extends RunLoop<Event, Final> {
	static override readonly name: string = "ToolRunner";

	readonly #state: RequestRun<Event, Final>;

	constructor(sender: Sender, endpoint: Format, body: object, options: ChatRunOptions = {}) {
		const { reasoningField: _, ...rest } = options;
		const state = new RequestRun<Event, Final>(sender, endpoint, body, options);
		super(state, rest);
		this.#state = state;
	}

	/** The messages so far: those of the request, the model's turns, the results of its calls. */
	get messages(): unknown[] {
		const { messages } = this.#state.request;
		return [...(messages as unknown[])];
	}

	/** The same as `final`, for chat completions. */
	finalChatCompletion(): Promise<Final> {
		return this.final();
	}

	/** The same as `final`, for messages. */
	finalMessage(): Promise<Final> {
		return this.final();
	}

	/** Ends the run: closes the connection and aborts running functions. */
	close(): void {
		// A run that was closed reports no error.
		this.endEarly().catch(() => undefined);
	}
}

/** A run over chat completions. */
export type ChatToolRunner = ToolRunner<ChatStreamEvent, ChatCompletion>;
/** A run over messages. */
export type MessageToolRunner = ToolRunner<MessageStreamEvent, Message>;
