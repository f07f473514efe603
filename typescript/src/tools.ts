// Functions that models call, and runs of them: the model is asked, its calls are run, their results are told, until it answers.
//
// Law: the core finds the calls in a reply and writes the turn that answers them; here functions run. What a model did wrong goes back
// to the model; what a function does wrong too, unless the caller wants to know.

import { aborted, assist, failure, type Sender } from "./calls.js";
import { withDeadline } from "./deadline.js";
import type { ChatStreamEvent, MessageStreamEvent } from "./events.js";
import type { ChatCompletion, Message, MessageUsage, Usage } from "./generated/types.js";
import { ChatCompletionStream, MessageStream } from "./live.js";
import type { RequestOptions } from "./options.js";
import { type Compiled, compile, type JsonSchema, lines, type SchemaOutput, type StandardSchema } from "./schema.js";

/** What a function is told besides its arguments. */
export interface ToolContext {
	/** The provider's id of the call. */
	id: string;
	/** Aborted when the run ends early, or the call takes too long. */
	signal: AbortSignal;
}

/** A function that a model may call. */
export interface Tool {
	name: string;
	/** What it does, for the model. */
	description?: string | undefined;
	/** What it takes. */
	parameters: StandardSchema | JsonSchema;
	/** Whether the endpoint shall hold the model to the schema. */
	strict?: boolean | undefined;
	/** Gives a text, or what becomes JSON. */
	run(this: void, args: never, context: ToolContext): unknown;
}

/** Makes a function a tool; the types of its arguments come from the schema. */
export function tool<S extends StandardSchema>(
	definition: Omit<Tool, "parameters" | "run"> & {
		parameters: S;
		run: (args: SchemaOutput<S>, context: ToolContext) => unknown;
	},
): Tool;
export function tool<Args = Record<string, unknown>>(
	definition: Omit<Tool, "parameters" | "run"> & {
		parameters: JsonSchema;
		run: (args: Args, context: ToolContext) => unknown;
	},
): Tool;
export function tool(definition: Tool): Tool {
	return definition;
}

/** How a run goes. */
export interface RunOptions extends RequestOptions {
	/** How often the model is asked at most. Default 10. */
	maxSteps?: number | undefined;
	/** What becomes of a function's error: the model is told (default), or the run ends with a `ToolRunError`. */
	onToolError?: "return" | "raise" | undefined;
	/** How long a call may take, in milliseconds. Default: as long as it likes. */
	toolTimeout?: number | undefined;
}

/** A call that the model made. */
export interface ToolCallEvent {
	/** `tool.start` before it runs, `tool.done` after. */
	type: "tool.start" | "tool.done";
	/** The provider's id of the call. */
	id: string;
	name: string;
	/** What the model gave; nothing where that was no JSON object. */
	arguments: Record<string, unknown> | undefined;
}

/** What a run tells of a call; once it is done, with what the model is told. */
export type ToolEvent =
	| (ToolCallEvent & { type: "tool.start" })
	| (ToolCallEvent & { type: "tool.done"; result?: string; error?: string });

interface Call {
	id: string;
	name: string;
	arguments?: Record<string, unknown>;
	problem?: string;
}

/** A call with what it gave, in words for the model. */
interface Outcome extends Call {
	content: string;
	is_error: boolean;
}

interface Known extends Compiled {
	tool: Tool;
}

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
	readonly #known = new Map<string, Known>();
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
					this.#tell(reply, yield* this.#answered(calls, reply));
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
		const given = (this.#request.tools ?? []) as (Tool | Record<string, unknown>)[];
		const foreign = given.filter((tool) => typeof tool.run !== "function");
		for (const tool of given as Tool[]) {
			if (!foreign.includes(tool as object as Record<string, unknown>))
				this.#known.set(tool.name, { ...(await compile(tool.parameters)), tool });
		}
		const { tools } = assist<{ tools: unknown[] }>("tools", { endpoint: this.#endpoint, tools: this.#definitions() });
		this.#request.tools = [...tools, ...foreign];
		// How many tokens a step used is told only on request.
		if (this.#endpoint === "chat") this.#request.stream_options ??= { include_usage: true };
	}

	#definitions(): object[] {
		return [...this.#known.values()].map(({ tool, schema, description }) => ({
			name: tool.name,
			description: tool.description ?? description,
			parameters: schema,
			strict: tool.strict,
		}));
	}

	/** The calls to answer; nothing where the reply is the last. */
	#calls(reply: Reply): Call[] | undefined {
		const input = { endpoint: this.#endpoint, reply, tools: this.#definitions() };
		const { calls } = assist<{ calls: Call[] }>("calls", input);
		const names = (this.#request.tools as Record<string, unknown>[]).map(
			(tool) => ((tool.function ?? tool) as { name?: unknown }).name,
		);
		const isForeign = calls.some(({ name }) => !this.#known.has(name) && names.includes(name));
		// Tools that the provider runs can take longer than a turn.
		const isPaused = (reply as Message).stop_reason === "pause_turn";
		return isForeign || (calls.length === 0 && !isPaused) ? undefined : calls;
	}

	/** Adds the model's turn, and the results of its calls. */
	#tell(reply: Reply, results: Outcome[]): void {
		const input = { endpoint: this.#endpoint, request: this.#request, reply, results };
		this.#request = assist<{ request: Request }>("answer", input).request;
		// A model that has to call a tool could never answer.
		if (results.length > 0) this.#request.tool_choice = freed(this.#request.tool_choice);
	}

	/** Runs calls at once, and tells of each as it ends. */
	async *#answered(calls: Call[], reply: Reply): AsyncGenerator<ToolEvent, Outcome[], undefined> {
		for (const { id, name, arguments: args } of calls) yield { type: "tool.start", id, name, arguments: args };
		const outcomes: Outcome[] = [];
		const running = new Map(
			calls.map((call, place) => [place, this.#run(call, reply).then((out) => ({ out, place }))]),
		);
		// Where one fails the run, nobody waits for the others.
		for (const one of running.values()) one.catch(() => undefined);
		while (running.size > 0) {
			const { out, place } = await Promise.race(running.values());
			running.delete(place);
			outcomes[place] = out;
			const { id, name, arguments: args, content, is_error } = out;
			const call = { type: "tool.done", id, name, arguments: args } as const;
			yield is_error ? { ...call, error: content } : { ...call, result: content };
		}
		return outcomes;
	}

	async #run(call: Call, reply: Reply): Promise<Outcome> {
		const wrong = (content: string): Outcome => ({ ...call, content, is_error: true });
		const known = this.#known.get(call.name);
		if (call.problem !== undefined || !known) return wrong(call.problem ?? "");
		const { value, faults } = await known.validate(call.arguments);
		if (faults) return wrong(`the arguments don't fit ${call.name}:\n${lines(faults)}`);
		const { onToolError, toolTimeout } = this.#options;
		const message = `${call.name} took longer than ${toolTimeout} milliseconds`;
		try {
			const work = (signal: AbortSignal) => known.tool.run(value as never, { id: call.id, signal });
			const result = await withDeadline(work, this.#end.signal, toolTimeout, message);
			const content = typeof result === "string" ? result : JSON.stringify(result ?? null);
			return { ...call, content, is_error: false };
		} catch (error) {
			if (this.#end.signal.aborted) throw aborted(reply);
			const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
			if (onToolError !== "raise") return wrong(text);
			throw Object.assign(failure("ToolRunError", `the tool ${call.name} failed: ${text}`, reply), { cause: error });
		}
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
