// Conversations: turns that can be continued, changed and saved.
//
// The core holds the state and decides; `run.ts` sends requests and runs tools.

import { createError } from "../binding/errors.js";
import { kit, type NativeConversation } from "../binding/kit.js";
import { outcome } from "../binding/operations.js";
import type { Client } from "../client.js";
import type { ChatRequestParam, MessagesRequestParam } from "../generated/types.js";
import { toJSON } from "../requests/json.js";
import type { Reply } from "../tools/run.js";
import { hasFunction, type Tool } from "../tools/tool.js";
import { Toolbox } from "../tools/toolbox.js";
import { ConversationRun, ConversationState, type Operate } from "./run.js";
import type {
	Content,
	ConversationCost,
	ConversationSettings,
	ConversationUsage,
	Format,
	PendingCall,
	SendOptions,
	ToolResult,
	Turn,
} from "./types.js";

export { ConversationRun } from "./run.js";
export type * from "./types.js";

/** A conversation with a model. */
export class Conversation {
	static readonly name: string = "Conversation";

	readonly #native: NativeConversation = kit().conversation();
	readonly #operate: Operate = (name, input) => outcome(this.#native.operation(name, toJSON(input)));
	#tools: readonly (Tool | object)[] = [];
	#box: Promise<Toolbox> | undefined;
	#isReady = false;

	/** Throws an `InvalidRequestError` for invalid settings. */
	constructor(settings: ConversationSettings = {}) {
		const { tools, messages, reasoningField: reasoning_field, ...plain } = settings;
		// Without settings, the core's new conversation needs no change.
		if (Object.keys(settings).length > 0) this.#operate("make", { settings: { ...plain, reasoning_field }, messages });
		if (tools) this.tools = tools;
	}

	/**
	 * Reads the JSON form, as a string or an object; also a list of messages, or a request in either format. The JSON form contains no functions:
	 * pass the tools again. Throws an `InvalidRequestError` if a part cannot be read.
	 */
	static fromJSON(
		form: string | object,
		options: { tools?: readonly (Tool | object)[] | undefined } = {},
	): Conversation {
		const conversation = new Conversation();
		conversation.#operate("load", { form });
		if (options.tools) conversation.tools = options.tools;
		else conversation.#tools = conversation.#settings().tools as object[];
		return conversation;
	}

	/** Returns the JSON form, which is the same in every language. Called by `JSON.stringify`. */
	toJSON(): Record<string, unknown> {
		return JSON.parse(this.#operate("json", {}).text) as Record<string, unknown>;
	}

	/** The model. */
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

	/** Parameters of every request. Assign the whole object to change them. */
	get parameters(): Record<string, unknown> {
		return this.#settings().parameters as Record<string, unknown>;
	}
	set parameters(parameters: Record<string, unknown>) {
		this.#set({ parameters });
	}

	/** The field in which chat completions send reasoning back. */
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
		// Fails during a run. The definitions of functions follow when their schemas have been read.
		this.#set({ tools: tools.filter((tool) => !hasFunction(tool)) });
		this.#tools = tools;
		this.#box = undefined;
		this.#isReady = false;
	}

	/** The turns, each as it is stored, with the fields to display. */
	get turns(): Turn[] {
		return this.#operate("turns", {}).turns as Turn[];
	}

	/** The messages of a request in the conversation's format. */
	get messages(): Record<string, unknown>[] {
		return this.#operate("messages", {}).messages as Record<string, unknown>[];
	}

	/** What is needed next: a message of the `user`, a reply of the `model`, or the `results` of calls. */
	get next(): "user" | "model" | "results" {
		return this.#operate("next", {}).next;
	}

	/** The calls that have no result yet. */
	get calls(): PendingCall[] {
		return this.#operate("next", {}).calls as PendingCall[];
	}

	/** The tokens of all replies so far, including those that were undone. */
	get usage(): ConversationUsage {
		return this.#operate("totals", {}).usage as ConversationUsage;
	}

	/** The cost of all replies so far, including those that were undone. */
	get cost(): ConversationCost {
		return this.#operate("totals", {}).cost as ConversationCost;
	}

	/** Whether a run is in progress. */
	get isBusy(): boolean {
		return this.#operate("state", {}).is_busy;
	}

	/**
	 * Sends a message and returns the model's reply; tools that the model calls are run. Without content, continues from the last turn: after
	 * `retry`, `edit`, `resume` or `results`. Rejects with an `APIError`; the message then stays until the next `send` replaces it.
	 */
	async send(client: Client, content?: Content | null, options: SendOptions = {}): Promise<Reply> {
		return this.#begin(client, content, options, false).final();
	}

	/** As `send`, as a stream: iterate over it for events that are the same for both formats. Sends when the first event is requested. */
	stream(client: Client, content?: Content | null, options: SendOptions = {}): ConversationRun {
		return this.#begin(client, content, options, true);
	}

	#begin(client: Client, content: Content | null | undefined, options: SendOptions, streams: boolean): ConversationRun {
		if (content != null) this.say(content);
		const { parameters: _, ...rest } = options;
		const prepare = () => this.#toolbox();
		return new ConversationRun(new ConversationState(client, this.#operate, prepare, options, streams), rest);
	}

	/** Adds a message of the user, for programs that send requests themselves. Replaces a message that has no reply. */
	say(content: Content): this {
		this.#operate("say", { content });
		return this;
	}

	/** Returns the next request, for programs that send it themselves, in the conversation's format or another. */
	request(options: { format: "messages"; parameters?: Record<string, unknown> | undefined }): MessagesRequestParam;
	request(options: { format: "chat"; parameters?: Record<string, unknown> | undefined }): ChatRequestParam;
	request(options?: {
		format?: Format | undefined;
		parameters?: Record<string, unknown> | undefined;
	}): ChatRequestParam & MessagesRequestParam;
	request(options: { format?: Format | undefined; parameters?: Record<string, unknown> | undefined } = {}): object {
		if (this.#tools.some(hasFunction) && !this.#isReady) {
			throw createError("InvalidRequestError", "await ready() before request(): it reads the schemas of the tools");
		}
		return this.#operate("request", options).request;
	}

	/** Reads the schemas of the tools. Only needed before `request`. */
	async ready(): Promise<this> {
		const tools = await this.#toolbox();
		this.#set({ tools: [...tools.definitions, ...tools.provided] });
		return this;
	}

	/** Adds the reply to such a request, a completion or a message. Returns its calls, which need `results`. */
	take(reply: Reply | object): PendingCall[] {
		return this.#operate("take", { reply }).calls as PendingCall[];
	}

	/** Adds the part of an incomplete reply that arrived. Returns whether there was anything to add. */
	takePartial(reply: Reply | object | null, why = "stopped"): boolean {
		return this.#operate("partial", { reply, why }).kept;
	}

	/** Adds results of calls. Returns the calls that still need results. */
	results(results: readonly ToolResult[]): PendingCall[] {
		return this.#operate("results", { results }).calls as PendingCall[];
	}

	/** Removes the last message of the user and everything after it. Returns its content; null if there is none. */
	undo(): Content | null {
		return this.#operate("undo", {}).content as Content | null;
	}

	/** Replaces the content of a turn of the user or the model, and removes everything after it; negative indices count from the end. */
	edit(turn: number, content: Content): this {
		this.#operate("edit", { at: turn, content });
		return this;
	}

	/** Removes the last reply, so that the next `send` or `stream` without content repeats the request. Results of tools stay. */
	retry(): this {
		this.#operate("retry", {});
		return this;
	}

	/** Lets the next `send` or `stream` without content continue a reply that is incomplete or reached its length limit. */
	resume(): this {
		this.#operate("resume", {});
		return this;
	}

	/** Returns a copy with the turns before `at`, or with all turns. Its totals start from zero. */
	fork(at?: number): Conversation {
		const { text } = this.#operate("fork", { at });
		return Conversation.fromJSON(text, { tools: this.#tools });
	}

	async #toolbox(): Promise<Toolbox> {
		this.#box ??= Toolbox.of(this.#tools);
		const tools = await this.#box;
		this.#isReady = true;
		return tools;
	}

	#settings(): Record<string, unknown> {
		return this.#operate("settings", {}).settings as Record<string, unknown>;
	}

	#set(settings: Record<string, unknown>): void {
		this.#operate("set", { settings });
	}
}
