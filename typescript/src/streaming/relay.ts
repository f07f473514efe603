// Emits the events of the official clients from the items of a stream. Loaded with the first listener.
//
// Work per item is constant: snapshots grow and are not copied.

import type { ChatCompletion, ChatMessage, Message, Usage } from "../generated/types.js";
import type { Format } from "../requests/format.js";
import { Emitter } from "./emitter.js";

type Fields = Record<string, unknown>;
type Item = Fields & { type: string };
type Reply = ChatCompletion | Message;

/** The source of the items: a stream, or a run of tools. */
export interface RelaySource {
	/** Resolves when the response has begun. */
	opened(): Promise<unknown>;
	read(): Promise<IteratorResult<unknown, undefined>>;
	/** The replies that are complete, the oldest first. */
	replies(): readonly Reply[] | Promise<readonly Reply[]>;
	/** The messages of a run, which grow with the results of calls. */
	messages?(): readonly unknown[];
	/** Closes the source after an error. */
	close(): void;
	/** Whether texts are emitted as they arrive, and not once per reply. */
	readonly emitsDeltas: boolean;
}

/** Returns listeners, and starts to read the source when those that the caller adds now have been added. */
export function listen(source: RelaySource, format: Format): Emitter {
	const emitter = new Emitter();
	queueMicrotask(async () => {
		try {
			await relay(source, emitter, format);
			emitter.finish();
		} catch (error) {
			emitter.fail(error);
			source.close();
		}
	});
	return emitter;
}

/** Reads the source to its end and emits its events. */
async function relay(source: RelaySource, emitter: Emitter, format: Format): Promise<void> {
	const events = format === "chat" ? new ChatRelay(source, emitter) : new MessageRelay(source, emitter);
	await source.opened();
	emitter.emit("connect");
	for (;;) {
		const { value, done } = await source.read();
		if (done) break;
		if (source.messages) events.update(await source.replies());
		if ((value as Item).type.startsWith("tool.")) emitter.snapshot = undefined;
		else events.take(value as Item);
		emitter.push(value);
	}
	events.update(await source.replies());
	emitter.snapshot = undefined;
	events.end();
}

/** The replies of a source, and the events of complete replies, for both formats. */
abstract class Relay {
	protected readonly replies: Reply[] = [];
	protected readonly source: RelaySource;
	protected readonly emitter: Emitter;

	constructor(source: RelaySource, emitter: Emitter) {
		this.source = source;
		this.emitter = emitter;
	}

	/** Emits the events of an item. */
	abstract take(item: Item): void;
	/** Emits the events of a complete reply. */
	protected abstract complete(reply: Reply): void;
	/** Emits the final events. */
	abstract end(): void;

	/** Emits the events of replies that have become complete. */
	update(replies: readonly Reply[]): void {
		for (const reply of replies.slice(this.replies.length)) {
			this.replies.push(reply);
			this.complete(reply);
		}
	}
}

class ChatRelay extends Relay {
	#messageCount = this.source.messages?.().length ?? 0;
	#result: string | undefined;

	get #snapshot(): Fields {
		return this.emitter.snapshot as Fields;
	}

	take(item: Item): void {
		if (!this.source.emitsDeltas && item.type !== "chunk") return;
		switch (item.type) {
			case "chunk":
				this.#takeChunk(item.chunk as Fields);
				break;
			case "content.delta": {
				const { delta, parsed } = item;
				const snapshot = this.#message(item).content;
				if (item.choice === 0) this.emitter.emit("content", delta, snapshot);
				this.emitter.emit(item.type, { delta, snapshot, parsed });
				break;
			}
			case "content.done":
				this.emitter.emit(item.type, { content: item.content, parsed: item.parsed ?? null });
				break;
			case "refusal.delta":
				this.emitter.emit(item.type, { delta: item.delta, snapshot: this.#message(item).refusal });
				break;
			case "refusal.done":
				this.emitter.emit(item.type, { refusal: item.refusal });
				break;
			default:
				this.#takeArguments(item);
		}
	}

	#takeChunk(chunk: Fields): void {
		const snapshot = addChunk(this.#snapshot, chunk);
		this.emitter.snapshot = snapshot;
		if (!this.source.emitsDeltas) return;
		this.emitter.emit("chunk", chunk, snapshot);
		for (const { index, logprobs, finish_reason } of chunk.choices as Fields[]) {
			const all = (choiceOf(snapshot, index).logprobs ?? {}) as Fields;
			for (const field of ["content", "refusal"]) {
				const delta = (logprobs as Fields | null | undefined)?.[field];
				if (delta) this.emitter.emit(`logprobs.${field}.delta`, { [field]: delta, snapshot: all[field] });
				if (finish_reason && all[field]) this.emitter.emit(`logprobs.${field}.done`, { [field]: all[field] });
			}
		}
	}

	#takeArguments({ type, name, index, choice, parsed, arguments: whole, arguments_delta }: Item): void {
		const call = ((this.#message({ choice }).tool_calls ?? []) as Fields[])[index as number];
		const text = whole ?? (call?.function as Fields | undefined)?.arguments;
		const event = { name, index, arguments: text, parsed_arguments: parsed ?? null };
		this.emitter.emit(type, arguments_delta === undefined ? event : { ...event, arguments_delta });
	}

	/** The message so far of the choice of an event. */
	#message({ choice }: Fields): Fields {
		return choiceOf(this.#snapshot, choice).message as Fields;
	}

	override update(replies: readonly Reply[]): void {
		super.update(replies);
		const messages = this.source.messages?.() ?? [];
		for (const message of messages.slice(this.#messageCount) as Fields[]) {
			if (message.role !== "tool") continue;
			this.#result = message.content as string;
			this.emitter.emit("message", message);
			this.emitter.emit("functionToolCallResult", message.content);
		}
		this.#messageCount = messages.length;
	}

	protected complete(reply: ChatCompletion): void {
		this.emitter.emit("chatCompletion", reply);
		const message = reply.choices[0]?.message;
		if (!message) return;
		this.emitter.emit("message", message);
		if (!this.source.emitsDeltas && message.content) this.emitter.emit("content", message.content);
		for (const call of functionCalls(message)) this.emitter.emit("functionToolCall", call);
	}

	end(): void {
		const completions = this.replies as ChatCompletion[];
		const last = completions[completions.length - 1];
		if (!last) return;
		this.emitter.emit("finalChatCompletion", last);
		const message = finalMessage(last);
		if (message) this.emitter.emit("finalMessage", message);
		if (message?.content) this.emitter.emit("finalContent", message.content);
		const call = finalFunctionToolCall(completions);
		if (call) this.emitter.emit("finalFunctionToolCall", call);
		if (this.#result !== undefined) this.emitter.emit("finalFunctionToolCallResult", this.#result);
		if (completions.some(({ usage }) => usage)) this.emitter.emit("totalUsage", totalUsage(completions));
	}
}

class MessageRelay extends Relay {
	take(item: Item): void {
		const snapshot = addEvent(this.emitter.snapshot as Fields, item);
		this.emitter.snapshot = snapshot;
		const block = ((snapshot.content as Fields[])[item.index as number] ?? {}) as Fields;
		switch (item.type) {
			case "text":
				this.emitter.emit("text", item.text, block.text);
				break;
			case "thinking":
				this.emitter.emit("thinking", item.thinking, block.thinking);
				break;
			case "signature":
				this.emitter.emit("signature", item.signature);
				break;
			case "citation":
				this.emitter.emit("citation", item.citation, block.citations);
				break;
			case "input_json":
				block.input = item.parsed ?? {};
				this.emitter.emit("inputJson", item.partial_json, block.input);
				break;
			default:
				this.emitter.emit("streamEvent", item, snapshot);
				if (item.type === "content_block_stop") this.emitter.emit("contentBlock", item.content_block);
		}
	}

	protected complete(reply: Message): void {
		this.emitter.emit("message", reply);
	}

	end(): void {
		const last = this.replies[this.replies.length - 1];
		if (last) this.emitter.emit("finalMessage", last);
	}
}

/** Adds a chunk to a completion that grows. */
function addChunk(snapshot: Fields | undefined, { choices, ...rest }: Fields): Fields {
	const whole = snapshot ?? { choices: [] };
	Object.assign(whole, rest, { object: "chat.completion" });
	for (const { index, delta, logprobs, ...fields } of choices as Fields[]) {
		const choice = choiceOf(whole, index);
		Object.assign(choice, fields);
		if (delta) merge(choice.message as Fields, delta as Fields);
		if (logprobs) {
			choice.logprobs ??= {};
			merge(choice.logprobs as Fields, logprobs as Fields);
		}
	}
	return whole;
}

/** The choice with an index, which is added if there is none yet. */
function choiceOf(snapshot: Fields, index: unknown): Fields {
	const choices = snapshot.choices as Fields[];
	const found = choices.find((choice) => choice.index === index);
	if (found) return found;
	const choice = { index, finish_reason: null, message: {} };
	choices.push(choice);
	return choice;
}

/** Fields whose text replaces the previous one. */
const whole = new Set(["id", "name", "role", "type"]);

/** Adds a delta to an object: texts are appended, items of arrays are found by their index. */
function merge(target: Fields, delta: Fields): void {
	for (const [name, value] of Object.entries(delta)) {
		const before = target[name];
		if (typeof before === "string" && typeof value === "string" && !whole.has(name)) target[name] = before + value;
		else if (Array.isArray(value)) target[name] = mergeItems((before ?? []) as Fields[], value);
		else if (value !== null && typeof value === "object") {
			target[name] = before ?? {};
			merge(target[name] as Fields, value as Fields);
		} else if (value !== null || before === undefined) target[name] = value;
	}
}

function mergeItems(items: Fields[], added: Fields[]): Fields[] {
	for (const item of added) {
		if (typeof item?.index !== "number") {
			items.push(item);
			continue;
		}
		const { index, ...fields } = item;
		items[index as number] ??= {};
		merge(items[index as number] as Fields, fields);
	}
	return items;
}

/** Adds an event to a message that grows. */
function addEvent(snapshot: Fields | undefined, event: Item): Fields {
	if (event.type === "message_start") {
		const message = event.message as Fields;
		return { ...message, content: [...(message.content as unknown[])] };
	}
	const message = snapshot ?? { content: [] };
	const content = message.content as Fields[];
	const index = event.index as number;
	if (event.type === "content_block_start") content[index] = { ...(event.content_block as Fields) };
	else if (event.type === "content_block_stop") content[index] = event.content_block as Fields;
	else if (event.type === "content_block_delta") addDelta(content[index] as Fields, event.delta as Fields);
	else if (event.type === "message_delta") {
		Object.assign(message, event.delta);
		message.usage = { ...(message.usage as Fields), ...(event.usage as Fields) };
	}
	return message;
}

function addDelta(block: Fields, { text, thinking, signature, citation }: Fields): void {
	if (text !== undefined) block.text = `${block.text ?? ""}${text}`;
	if (thinking !== undefined) block.thinking = `${block.thinking ?? ""}${thinking}`;
	if (signature !== undefined) block.signature = signature;
	if (citation !== undefined) {
		if (!Array.isArray(block.citations)) block.citations = [];
		(block.citations as unknown[]).push(citation);
	}
}

/** The message of a completion's first choice, without undefined texts. */
export function finalMessage({ choices }: ChatCompletion): ChatMessage | undefined {
	const message = choices[0]?.message;
	return message && { ...message, content: message.content ?? null, refusal: message.refusal ?? null };
}

function functionCalls({ tool_calls }: ChatMessage): Fields[] {
	const calls = (tool_calls ?? []) as unknown as Fields[];
	return calls.filter(({ type }) => type === "function").map((call) => call.function as Fields);
}

/** The last call of the last completion that has calls. */
export function finalFunctionToolCall(completions: readonly ChatCompletion[]): Fields | undefined {
	const calls = completions.flatMap(({ choices }) => (choices[0] ? functionCalls(choices[0].message) : []));
	return calls[calls.length - 1];
}

/** The last result of a function among messages. */
export function finalFunctionToolCallResult(_: unknown, messages: readonly Fields[]): string | undefined {
	const results = messages.filter(({ role }) => role === "tool");
	return results[results.length - 1]?.content as string | undefined;
}

/** The sum of the usage of completions. */
export function totalUsage(completions: readonly ChatCompletion[]): Usage {
	const total = { completion_tokens: 0, prompt_tokens: 0, total_tokens: 0 };
	for (const { usage } of completions) {
		if (!usage) continue;
		total.completion_tokens += usage.completion_tokens ?? 0;
		total.prompt_tokens += usage.prompt_tokens ?? 0;
		total.total_tokens += usage.total_tokens ?? 0;
	}
	return total as Usage;
}
