// Conversations: what was said, asked further, changed, saved.
//
// Law: state and decisions are the core's (`core/src/conversation`); `conversation-run.ts` sends requests and runs tools.

import { createError } from "../binding/errors.js";
import { kit, type NativeConversation } from "../binding/kit.js";
import { outcome } from "../binding/operations.js";
import type { Client } from "../client.js";
import type { ChatRequestParam, MessagesRequestParam } from "../generated/types.js";
import { toJSON } from "../requests/json.js";
import type { RequestOptions } from "../requests/options.js";
import type { Reply } from "../tools/run.js";
import { type Call, type Outcome, type RunOptions, type Tool, Toolbox } from "../tools/toolbox.js";
import { ask, ConversationRun, type Format } from "./run.js";

export { ConversationRun, type Format } from "./run.js";

/** What is said: a text, or parts of the conversation's format. */
export type Content = string | readonly object[];

/** What a conversation is made with. */
export interface ConversationSettings {
	/** The model that is asked. */
	model?: string | null | undefined;
	/** The system message: a text, or text blocks. */
	system?: Content | null | undefined;
	/** The format of requests; it can be changed at any time. Default `chat`. */
	format?: Format | undefined;
	/** Functions made by `tool`, and tools as a request of either format has them. */
	tools?: readonly (Tool | object)[] | undefined;
	/** Parameters of every request, such as `temperature`. */
	parameters?: Record<string, unknown> | undefined;
	/** The name under which chat completions send reasoning back. Default: the one that the server used. */
	reasoningField?: string | null | undefined;
	/** What was said before: messages of either format, which is known by them. */
	messages?: readonly object[] | undefined;
}

/** A call that the model made. */
export interface PendingCall {
	id: string;
	name: string;
	/** Nothing where what the model gave is no JSON object: see `problem`. */
	arguments?: Record<string, unknown>;
	/** Why the call can't be made, in words for the model. */
	problem?: string;
}

/** What a call gave. */
export interface ToolResult {
	/** The call's id. */
	id: string;
	/** A text, content parts, or what becomes JSON. */
	content: unknown;
	/** Whether the call failed. */
	is_error?: boolean | undefined;
}

/** A turn, as it is kept, and what there is to show of it. */
export type Turn =
	| { role: "user"; format: Format; content: Content; text: string; [field: string]: unknown }
	| {
			role: "assistant";
			format: Format;
			/** As the reply had it. */
			message: Record<string, unknown>;
			text: string;
			/** What the model thought. */
			reasoning: string;
			calls: PendingCall[];
			/** Why the answer ended before its end: `stopped`, or the name of an error. */
			partial?: string;
			/** The model that was asked. */
			model?: string;
			finish?: string;
			usage?: Record<string, unknown>;
			cost?: Record<string, unknown>;
			[field: string]: unknown;
	  }
	| {
			role: "tool";
			format: Format;
			results: { id: string; name: string; content: unknown; is_error: boolean }[];
			[field: string]: unknown;
	  };

/** The tokens of a conversation's answers, those that were undone included. */
export interface ConversationUsage {
	answers: number;
	/** Without those of caches. */
	input_tokens: number;
	output_tokens: number;
	cache_read_tokens: number;
	cache_write_tokens: number;
	/** A part of the output. */
	reasoning_tokens: number;
	/** Answers whose tokens nobody told. */
	unknown: number;
}

/** What a conversation's answers cost, those that were undone included. */
export interface ConversationCost {
	/** Dollars, as a decimal text. */
	total: string;
	/** Answers that it leaves out, since their cost isn't known. */
	unknown: number;
	/** Why it isn't. */
	reasons: string[];
}

/** How a message is sent. */
export interface SendOptions extends RunOptions {
	/** Parameters of these requests alone, of the conversation's format. */
	parameters?: Record<string, unknown> | undefined;
}

/** A conversation with a model. */
export class Conversation {
	readonly #native: NativeConversation = kit().conversation();
	#tools: readonly (Tool | object)[] = [];
	#box: Promise<Toolbox> | undefined;
	#isReady = false;
	#run: ConversationRun | undefined;

	/** Throws an `InvalidRequestError` for settings that it can't have. */
	constructor(settings: ConversationSettings = {}) {
		const { tools, messages, reasoningField: reasoning_field, ...plain } = settings;
		this.#do("make", { settings: { ...plain, reasoning_field }, messages });
		if (tools) this.tools = tools;
	}

	/**
	 * Reads the JSON form, a text or an object; also a list of messages, or a request of either format. Functions are no JSON: give the
	 * tools again. Throws an `InvalidRequestError` that says what can't be read.
	 */
	static fromJSON(
		form: string | object,
		options: { tools?: readonly (Tool | object)[] | undefined } = {},
	): Conversation {
		const conversation = new Conversation();
		conversation.#do("make", { text: typeof form === "string" ? form : JSON.stringify(form) });
		const saved = conversation.#settings().tools as object[];
		if (options.tools) conversation.tools = options.tools;
		else conversation.#tools = saved;
		return conversation;
	}

	/** The JSON form, as `JSON.stringify` takes it: the same in every language. */
	toJSON(): Record<string, unknown> {
		return JSON.parse(this.#do<{ text: string }>("json").text) as Record<string, unknown>;
	}

	/** The model that is asked. */
	get model(): string | null {
		return this.#settings().model as string | null;
	}
	set model(model: string | null) {
		this.#set({ model });
	}

	/** The system message. */
	get system(): Content | null {
		return this.#settings().system as Content | null;
	}
	set system(system: Content | null) {
		this.#set({ system });
	}

	/** The format of requests. */
	get format(): Format {
		return this.#settings().format as Format;
	}
	set format(format: Format) {
		this.#set({ format });
	}

	/** Parameters of every request. Set them as a whole. */
	get parameters(): Record<string, unknown> {
		return this.#settings().parameters as Record<string, unknown>;
	}
	set parameters(parameters: Record<string, unknown>) {
		this.#set({ parameters });
	}

	/** The name under which chat completions are told what the model thought. */
	get reasoningField(): string | null {
		return this.#settings().reasoning_field as string | null;
	}
	set reasoningField(reasoning_field: string | null) {
		this.#set({ reasoning_field });
	}

	/** The tools. */
	get tools(): readonly (Tool | object)[] {
		return this.#tools;
	}
	set tools(tools: readonly (Tool | object)[]) {
		this.#idle();
		this.#tools = tools;
		this.#box = undefined;
		this.#isReady = false;
		if (tools.every((tool) => typeof (tool as Partial<Tool>).run !== "function")) this.#set({ tools });
	}

	/** The turns, each as it is kept, with what there is to show of it. */
	get turns(): Turn[] {
		return this.#do<{ turns: Turn[] }>("turns").turns;
	}

	/** The messages as a request of the conversation's format has them. */
	get messages(): Record<string, unknown>[] {
		return this.#do<{ messages: Record<string, unknown>[] }>("messages").messages;
	}

	/** Who has to say something next: the `user`, the `model`, or whoever runs the tools that were called (`results`). */
	get next(): "user" | "model" | "results" {
		return this.#do<{ next: "user" | "model" | "results" }>("next").next;
	}

	/** The calls that have no result yet. */
	get calls(): PendingCall[] {
		return this.#do<{ calls: PendingCall[] }>("next").calls;
	}

	/** The tokens of all answers so far, those that were undone included. */
	get usage(): ConversationUsage {
		return this.#do<{ usage: ConversationUsage }>("totals").usage;
	}

	/** What all answers cost so far, those that were undone included. */
	get cost(): ConversationCost {
		return this.#do<{ cost: ConversationCost }>("totals").cost;
	}

	/** Whether an answer is on its way. */
	get isBusy(): boolean {
		return this.#run !== undefined;
	}

	/**
	 * Says something and gives the model's answer; tools that it calls are run. Without content the model is asked what it was asked last:
	 * after `retry`, `edit`, `resume` or `results`. Rejects with an `APIError`; the question then stays, and the next `send` takes its place.
	 */
	async send(client: Client, content?: Content | null, options: SendOptions = {}): Promise<Reply> {
		return this.#begin(client, content, options, false).final();
	}

	/** As `send`, as a stream: iterate over it for events that don't depend on the format. Sends at the first of them. */
	stream(client: Client, content?: Content | null, options: SendOptions = {}): ConversationRun {
		return this.#begin(client, content, options, true);
	}

	#begin(client: Client, content: Content | null | undefined, options: SendOptions, streams: boolean): ConversationRun {
		this.#idle();
		if (content != null) this.say(content);
		const { parameters, ...rest } = options;
		const work = {
			left: "its calls wait for results",
			isQuiet: true,
			begin: () => {
				this.#idle();
				this.#run = run;
			},
			tools: () => this.#toolbox(),
			// Calls of a conversation that was loaded, or of a run that was stopped, come first.
			waiting: (tools: Toolbox) => {
				const { next, calls } = this.#do<{ next: string; calls: Call[] }>("next", { tools: tools.definitions() });
				return next === "results" ? calls : undefined;
			},
			ask: (options: RequestOptions) => {
				const body = this.#do<Record<string, unknown>>("request", { parameters });
				const { format } = this;
				// How many tokens were used is told only on request.
				if (streams && format === "chat" && !("stream_options" in (parameters ?? {})))
					body.stream_options ??= { include_usage: true };
				const keep = (reply: unknown, why: string) => void this.#do("partial", { reply, why });
				return ask(client, format, body, options, streams ? keep : undefined);
			},
			take: (reply: Reply, tools: Toolbox) => {
				const { calls } = this.#do<{ calls: Call[] }>("take", { reply, tools: tools.definitions() });
				return { calls, isPaused: this.next === "model" };
			},
			tell: (_: unknown, results: Outcome[]) => void this.#do("results", { results }),
			end: () => {
				this.#run = undefined;
			},
		};
		const run = new ConversationRun(work, rest);
		return run;
	}

	/** Says something, for those who send the request themselves. A question that got no answer gives way to it. */
	say(content: Content): this {
		this.#change("say", { content });
		return this;
	}

	/** The request that lets the model answer, for those who send it themselves: of the conversation's format, or of another. */
	request(options: { format: "messages"; parameters?: Record<string, unknown> | undefined }): MessagesRequestParam;
	request(options: { format: "chat"; parameters?: Record<string, unknown> | undefined }): ChatRequestParam;
	request(options?: {
		format?: Format | undefined;
		parameters?: Record<string, unknown> | undefined;
	}): ChatRequestParam & MessagesRequestParam;
	request(options: { format?: Format | undefined; parameters?: Record<string, unknown> | undefined } = {}): object {
		const hasFunctions = this.#tools.some((tool) => typeof (tool as Partial<Tool>).run === "function");
		if (hasFunctions && !this.#isReady) {
			throw createError(
				"InvalidRequestError",
				"await ready() before request(): the schemas of the tools are read there",
			);
		}
		return this.#do("request", options);
	}

	/** Makes the tools ready. `send` and `stream` do that by themselves. */
	async ready(): Promise<this> {
		await this.#toolbox();
		return this;
	}

	/** Takes the answer to such a request: a completion or a message. Its calls, which wait for `results`. */
	take(reply: Reply | object): PendingCall[] {
		return this.#change<{ calls: PendingCall[] }>("take", { reply }).calls;
	}

	/** Takes what came of an answer that ended before its end. Whether there was anything to keep. */
	takePartial(reply: Reply | object | null, why = "stopped"): boolean {
		return this.#change<{ kept: boolean }>("partial", { reply, why }).kept;
	}

	/** Takes results of calls. The calls that still wait. */
	results(results: readonly ToolResult[]): PendingCall[] {
		return this.#change<{ calls: PendingCall[] }>("results", { results }).calls;
	}

	/** Removes the last question with all that followed it, and gives its content; null where there is none. */
	undo(): Content | null {
		return this.#change<{ content: Content | null }>("undo").content;
	}

	/** Says a turn of the user's or of the model's anew, and removes all that followed it; negative places count from the end. */
	edit(turn: number, content: Content): this {
		this.#change("edit", { at: turn, content });
		return this;
	}

	/** Drops the last answer, so that the next `send` or `stream` without content asks the same again. Results of tools stay. */
	retry(): this {
		this.#change("retry");
		return this;
	}

	/** Lets the next `send` or `stream` without content go on with an answer that was cut off, or that reached its length limit. */
	resume(): this {
		this.#change("resume");
		return this;
	}

	/** A copy with the turns before `at`, or with all. It has cost nothing so far. */
	fork(at?: number): Conversation {
		const { text } = this.#do<{ text: string }>("fork", { at });
		return Conversation.fromJSON(text, { tools: this.#tools });
	}

	async #toolbox(): Promise<Toolbox> {
		this.#box ??= Toolbox.of(this.#tools);
		const box = await this.#box;
		const tools = [...box.definitions(), ...box.foreign];
		this.#do("set", { settings: { tools } });
		this.#isReady = true;
		return box;
	}

	#settings(): Record<string, unknown> {
		return this.#do("settings");
	}

	#set(settings: Record<string, unknown>): void {
		this.#change("set", { settings });
	}

	#idle(): void {
		if (this.#run)
			throw createError("InvalidRequestError", "an answer is on its way: await it, or stop() its stream first");
	}

	#change<T>(operation: string, input: object = {}): T {
		this.#idle();
		return this.#do(operation, input);
	}

	#do<T>(operation: string, input: object = {}): T {
		return outcome(this.#native.assist(operation, toJSON(input)));
	}
}
