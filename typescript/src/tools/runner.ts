// Runs of tools over a request: `runTools` of both formats.

import { answersReady } from "../binding/binding.js";
import { cancelledError } from "../binding/errors.js";
import { answerOperation } from "../binding/operations.js";
import type { Outcome, ToolRun } from "../generated/operations.js";
import type {
	ChatCompletion,
	ChatMessage,
	ChatStreamEvent,
	Message,
	MessageStreamEvent,
	ToolEvent,
} from "../generated/types.js";
import { Cancellation } from "../requests/cancellation.js";
import type { Format } from "../requests/format.js";
import { checkJSON } from "../requests/json.js";
import type { SentOptions } from "../requests/options.js";
import type { Sender } from "../requests/sender.js";
import type { BaseEvents } from "../streaming/emitter.js";
import { ChatCompletionStream, type HelperSource, MessageStream } from "../streaming/helper-streams.js";
import type { ChatListeners, Finals, MessageListeners } from "../streaming/listener-types.js";
import { addFinals, addListening, Listeners, type Listening } from "../streaming/listening.js";
import { type Reply, RunLoop, type RunState, type Step } from "./run.js";
import type { RunOptions } from "./tool.js";
import { Toolbox } from "./toolbox.js";

type Request = Record<string, unknown>;

/** The options of a run over chat completions. */
export interface ChatRunOptions extends RunOptions {
	/** The field in which reasoning is sent back. Default: the one that the server used, such as `reasoning` or `reasoning_content`. */
	reasoningField?: string | undefined;
	/** The name of `maxSteps` in the package `openai`. */
	maxChatCompletions?: number | undefined;
}

/** The state of a run over a request, which grows with each reply. */
export class RequestRun<Event, Final extends Reply> implements RunState<Event, Final> {
	readonly ignoresEarlyEnd = false;
	/** The replies so far. */
	readonly replies: Final[] = [];
	protected readonly sender: Sender;
	protected readonly endpoint: Format;
	readonly #options: ChatRunOptions;
	#run: ToolRun | undefined;
	request: Request;

	constructor(sender: Sender, endpoint: Format, body: object, options: ChatRunOptions) {
		this.sender = sender;
		this.endpoint = endpoint;
		this.#options = options;
		this.request = body as Request;
	}

	async start(): Promise<Toolbox> {
		const { tools: definitions, stream: _stream, ...request } = this.request;
		checkJSON(request, "InvalidRequestError");
		await answersReady();
		const tools = await Toolbox.of((definitions ?? []) as object[]);
		const { maxSteps, reasoningField } = this.#options;
		const started = answerOperation("begin_tool_run", {
			endpoint: this.endpoint,
			request,
			functions: tools.definitions,
			provided: tools.provided,
			max_steps: maxSteps,
			reasoning_field: reasoningField,
		});
		this.request = started.request;
		if (tools.written.size > 0) this.request.tools = (this.request.tools as Definition[]).map(asWritten(tools.written));
		this.#run = started.run;
		return tools;
	}

	nextStep(): Step {
		return { next: "request", calls: [], events: [] };
	}

	async *send(options: SentOptions): AsyncGenerator<Event, Final, undefined> {
		const opening = new Cancellation();
		const native = this.sender.stream(this.endpoint, this.request, options, opening);
		const source: HelperSource = [native, options.signal, undefined, { opening }];
		const stream = this.endpoint === "chat" ? new ChatCompletionStream(...source) : new MessageStream(...source);
		yield* stream as AsyncIterable<Event>;
		return (await stream.final()) as Final;
	}

	take(reply: Final): Step {
		const { run, ...step } = answerOperation("take_reply", { run: this.#run as ToolRun, reply });
		this.#run = run;
		this.replies.push(reply);
		return step;
	}

	answer(results: Outcome[], reply: Final): void {
		const input = { run: this.#run as ToolRun, request: this.request, reply, results };
		this.request = answerOperation("answer_calls", input).request;
	}
}

interface Definition {
	name?: string;
	function?: { name?: string };
}

/** Replaces definitions by those that the caller wrote, by name. */
function asWritten(written: ReadonlyMap<string, object>): (definition: Definition) => object {
	return (definition) => written.get(definition.function?.name ?? definition.name ?? "") ?? definition;
}

// Merged with the class: `addListening` and `addFinals` add these methods.
// biome-ignore lint/correctness/noUnusedVariables: the parameters of the class
export interface ToolRunner<Event, Final extends Reply, Events extends object = BaseEvents>
	extends Listening<Events>,
		Finals {}

/** A run of tools: iterate over it for the events of every reply, which are those of `.stream()`, or await `final()`. */
// biome-ignore lint/correctness/noUnusedVariables: for `Listening`
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the methods of the interface are added below
export class ToolRunner<Event, Final extends Reply, Events extends object = BaseEvents> extends RunLoop<Event, Final> {
	static override readonly name: string = "ToolRunner";

	readonly #state: RequestRun<Event, Final>;
	/** Not part of the package's interface. */
	readonly listeners: Listeners;
	/** Aborting it ends the run with an `APIUserAbortError`. */
	readonly controller: AbortController = new AbortController();

	constructor(sender: Sender, endpoint: Format, body: object, options: ChatRunOptions = {}) {
		const { reasoningField: _, maxChatCompletions, ...given } = options;
		const rest = maxChatCompletions === undefined ? given : { maxSteps: maxChatCompletions, ...given };
		const state = new RequestRun<Event, Final>(sender, endpoint, body, { ...options, ...rest });
		super(state, rest);
		this.#state = state;
		this.listeners = new Listeners(
			{
				emitsDeltas: endpoint !== "chat" || (body as { stream?: unknown }).stream === true,
				opened: async () => undefined,
				read: () => this.#readUnlessAborted(),
				replies: () => state.replies,
				messages: () => this.messages,
				close: () => this.close(),
			},
			endpoint,
		);
		this.controller.signal.addEventListener("abort", () => this.close(), { once: true });
	}

	/** Ends the run with an `APIUserAbortError`. */
	abort(): void {
		this.controller.abort();
	}

	async #readUnlessAborted(): Promise<IteratorResult<Event | ToolEvent, undefined>> {
		const result = await this.read();
		if (this.controller.signal.aborted) throw cancelledError(this.#state.replies.at(-1) ?? null);
		return result;
	}

	/** Yields the events of each reply, and `tool.start` and `tool.done` of each call. Leaving the loop ends the run. */
	override async *[Symbol.asyncIterator](): AsyncGenerator<Event | ToolEvent, void, undefined> {
		if (!this.listeners.isActive) return yield* super[Symbol.asyncIterator]();
		try {
			for (;;) {
				const { value, done } = await this.listeners.use((emitter) => emitter.next());
				if (done) return;
				yield value as Event | ToolEvent;
			}
		} finally {
			await this.endEarly();
		}
	}

	/** Reads to the end and returns the last reply. Rejects with an `APIUserAbortError` if the run was ended early. */
	override async final(): Promise<Final> {
		if (this.listeners.isActive) await this.done();
		return super.final();
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

	/** Reads to the end and returns the last message: the whole reply of `messages`, or the message of a completion. */
	async finalMessage(): Promise<Final extends ChatCompletion ? ChatMessage : Final> {
		const reply = await this.final();
		const message =
			"choices" in reply ? (await import("../streaming/relay.js")).finalMessage(reply as ChatCompletion) : reply;
		return message as Final extends ChatCompletion ? ChatMessage : Final;
	}

	/** Reads to the end and returns the text of the last completion. */
	async finalContent(): Promise<string | null> {
		const message = (await this.finalMessage()) as { content?: unknown };
		return typeof message.content === "string" ? message.content : null;
	}

	/** Returns the completions so far. */
	allChatCompletions(): Final[] {
		return [...this.#state.replies];
	}

	/** Ends the run: closes the connection and aborts running functions. */
	close(): void {
		// A run that was closed reports no error.
		this.endEarly().catch(() => undefined);
	}
}

addListening(ToolRunner.prototype);
addFinals(ToolRunner.prototype);

/** A run over chat completions. */
export type ChatToolRunner = ToolRunner<ChatStreamEvent, ChatCompletion, ChatListeners>;
/** A run over messages. */
export type MessageToolRunner = ToolRunner<MessageStreamEvent, Message, MessageListeners>;
