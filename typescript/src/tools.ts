// Runs of tools: the model is asked, its calls are run, their results are told, until it answers.
//
// Law: the core finds the calls in a reply and writes the turn that answers them; `toolbox.ts` runs functions.

import { assist, failure, type Sender } from "./calls.js";
import type { ChatStreamEvent, MessageStreamEvent } from "./events.js";
import type { ChatCompletion, Message, MessageUsage, Usage } from "./generated/types.js";
import { ChatCompletionStream, MessageStream } from "./live.js";
import { type Call, type Outcome, type RunOptions, Toolbox, type ToolEvent } from "./toolbox.js";

export { type RunOptions, type Tool, type ToolCallEvent, type ToolContext, type ToolEvent, tool } from "./toolbox.js";

type Endpoint = "chat" | "messages";
type Request = Record<string, unknown> & { messages: unknown[] };
type Reply = ChatCompletion | Message;

/** A run of tools: iterate over it for the events of every step, or await `final()`. */
export class ToolRunner<Event, Final extends Reply> implements AsyncIterable<Event | ToolEvent> {
	/** The tokens of each step; null where the endpoint didn't tell. */
	readonly usage: (Usage | MessageUsage | null)[] = [];
	readonly #sender: Sender;
	readonly #endpoint: Endpoint;
	readonly #options: RunOptions;
	#tools = new Toolbox();
	readonly #end = new AbortController();
	readonly #events: AsyncGenerator<Event | ToolEvent, void, undefined>;
	#request: Request;
	#final: Final | undefined;

	constructor(sender: Sender, endpoint: Endpoint, body: object, options: RunOptions = {}) {
		this.#sender = sender;
		this.#endpoint = endpoint;
		this.#options = options;
		const request = body as Request;
		this.#request = { ...request, messages: [...request.messages] };
		this.#events = this.#steps();
	}

	/** The conversation so far: what was given, the model's turns, the results of its calls. */
	get messages(): unknown[] {
		return [...this.#request.messages];
	}

	/** The events: those of `.stream()`, and `tool.start` and `tool.done` around each call. Leaving the loop ends the run. */
	async *[Symbol.asyncIterator](): AsyncGenerator<Event | ToolEvent, void, undefined> {
		try {
			for (;;) {
				const { value, done } = await this.#events.next();
				if (done) return;
				yield value;
			}
		} finally {
			this.close();
		}
	}

	/** Runs to the end and gives the model's answer. */
	async final(): Promise<Final> {
		while (!(await this.#events.next()).done) {
			// The last reply is kept.
		}
		if (!this.#final) throw new Error("the run was ended before the model answered");
		return this.#final;
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
		this.#end.abort();
		void this.#events.return();
	}

	async *#steps(): AsyncGenerator<Event | ToolEvent, void, undefined> {
		const { maxSteps = 10, onToolError, toolTimeout, ...options } = this.#options;
		const signal = this.#end.signal;
		const stop = () => this.#end.abort();
		if (options.signal?.aborted) stop();
		options.signal?.addEventListener("abort", stop, { once: true });
		try {
			await this.#prepare();
			while (!this.#final) {
				const native = this.#sender.stream(this.#endpoint, this.#request, { ...options, signal });
				const stream =
					this.#endpoint === "chat" ? new ChatCompletionStream(native, signal) : new MessageStream(native, signal);
				yield* stream as AsyncIterable<Event>;
				const reply = (await stream.final()) as Final;
				this.usage.push(reply.usage ?? null);
				const calls = this.#calls(reply);
				if (!calls) {
					this.#tell(reply, []);
					this.#final = reply;
				} else if (this.usage.length >= maxSteps) {
					const message = `the model still calls tools after ${maxSteps} steps: raise maxSteps; its last turn is in \`partial\``;
					throw failure("ToolRunError", message, reply);
				} else {
					this.#tell(reply, yield* this.#tools.answered(calls, reply, signal, { onToolError, toolTimeout }));
				}
			}
		} finally {
			options.signal?.removeEventListener("abort", stop);
			// Functions that still run are told that nobody waits for them.
			stop();
		}
	}

	/** Puts the tools into the request. Those without a function are the provider's, or the caller's own. */
	async #prepare(): Promise<void> {
		this.#tools = await Toolbox.of((this.#request.tools ?? []) as object[]);
		const given = { endpoint: this.#endpoint, tools: this.#tools.definitions() };
		const { tools } = assist<{ tools: unknown[] }>("tools", given);
		this.#request.tools = [...tools, ...this.#tools.foreign];
		// How many tokens a step used is told only on request.
		if (this.#endpoint === "chat") this.#request.stream_options ??= { include_usage: true };
	}

	/** The calls to answer; nothing where the reply is the last. */
	#calls(reply: Reply): Call[] | undefined {
		const input = { endpoint: this.#endpoint, reply, tools: this.#tools.definitions() };
		const { calls } = assist<{ calls: Call[] }>("calls", input);
		// Tools that the provider runs can take longer than a turn.
		const isPaused = (reply as Message).stop_reason === "pause_turn";
		return this.#tools.isForeign(calls) || (calls.length === 0 && !isPaused) ? undefined : calls;
	}

	/** Adds the model's turn, and the results of its calls. */
	#tell(reply: Reply, results: Outcome[]): void {
		const input = { endpoint: this.#endpoint, request: this.#request, reply, results };
		this.#request = assist<{ request: Request }>("answer", input).request;
		// A model that has to call a tool could never answer.
		if (results.length > 0) this.#request.tool_choice = freed(this.#request.tool_choice);
	}
}

/** A run over chat completions. */
export type ChatToolRunner = ToolRunner<ChatStreamEvent, ChatCompletion>;
/** A run over messages. */
export type MessageToolRunner = ToolRunner<MessageStreamEvent, Message>;

/** A `tool_choice` that lets the model answer. */
function freed(choice: unknown): unknown {
	if (choice === "required") return "auto";
	const { type, name: _name, ...rest } = (choice ?? {}) as { type?: string; name?: unknown };
	if (type === "any" || type === "tool") return { type: "auto", ...rest };
	return type === "function" || type === "custom" ? "auto" : choice;
}
