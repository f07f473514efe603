// Expands batches: items that differ from the previous one only in their text and its padding cross as the text and the padding alone
// (`batch_text` in `core/src/ffi`).
//
// The result equals what the core would have written without the compression.

import type { ChatCompletionChunk } from "../generated/types.js";
import { ChunkEvent, ContentDelta } from "./chat-event.js";
import type { Mirror } from "./mirror.js";

/** The common part of deltas: the fields of the item, the name of the field with the text, the index of its tool call, and that tool's name. */
type Template = [
	fields: ChatCompletionChunk | Record<string, unknown>,
	field: string,
	call: number,
	tool: string | null,
];
/**
 * The joined texts of consecutive items and their lengths; their joined paddings, if any; and their operations on a live value, if any.
 */
type DeltaRun = [
	texts: string,
	lengths: number[],
	paddings: string,
	paddingLengths: number[],
	counts?: number[],
	codes?: number[],
	pieces?: string,
];
const emptyRun: DeltaRun = ["", [], "", []];
/** An entry of a batch: an item, the template of the following runs, or a run. */
export type Entry = object | Template | DeltaRun;

/** Returns the items of a batch, or the events of `.stream()`, one at a time. Each is created when it is needed. */
export class Expander {
	readonly #events: boolean;
	#entries: readonly Entry[] = [];
	/** The index of the next entry. */
	#next = 0;
	#item: (text: string) => object = () => ({});
	#event: ((text: string) => object) | undefined;
	/** Whether the text of the template's items is the text of the reply, and not reasoning or arguments. */
	#isText = false;
	/** The current run. */
	#texts = "";
	#lengths: readonly number[] = [];
	#paddings = "";
	#paddingLengths: readonly number[] = [];
	#counts: readonly number[] | undefined;
	#codes: readonly number[] = [];
	#pieces = "";
	/** The index of the run's next text, and the start of that text and of its padding. */
	#at = 0;
	#start = 0;
	#paddingStart = 0;
	/** The padding of the last text. */
	#padding: string | undefined;
	/** The index of the run's next event with operations, and the start of its operations and of their pieces. */
	#opsAt = 0;
	#code = 0;
	#piece = 0;
	/** The text of the second event of the last item. */
	#pendingText: string | undefined;

	/** Whether the last item has operations on a live value, which must be applied before the next item is taken. */
	hasOps = false;

	/** `events`: return events, of which an item has two: one for the item and one for its text. */
	constructor(events: boolean) {
		this.#events = events;
	}

	/** Applies the operations of the last item to its live value. */
	applyOps(mirror: Mirror): void {
		const end = this.#code + (this.#counts?.[this.#opsAt] ?? 0);
		this.#piece = mirror.apply(this.#codes, this.#pieces, this.#code, end, this.#piece);
		this.#opsAt += 1;
		this.#code = end;
	}

	/** The number of entries that were taken from the batch. */
	get taken(): number {
		return this.#next;
	}

	/** Whether every item of the batch was taken. */
	get isEmpty(): boolean {
		const isRunOver = this.#at >= this.#lengths.length;
		return this.#pendingText === undefined && isRunOver && this.#next >= this.#entries.length;
	}

	/** Loads a batch. Items that are left of the last one are dropped. */
	load(entries: readonly Entry[]): void {
		this.#entries = entries;
		this.#next = 0;
		this.#begin(emptyRun);
		this.#pendingText = undefined;
	}

	/** Returns the next item; undefined after the last one. */
	next(): object | undefined {
		this.hasOps = false;
		const pendingText = this.#pendingText;
		if (pendingText !== undefined) {
			this.#pendingText = undefined;
			this.hasOps = this.#counts !== undefined;
			return this.#event?.(pendingText);
		}
		const entry = this.#entry();
		if (entry !== undefined) return entry;
		const text = this.#text();
		if (text === undefined) return undefined;
		if (this.#event !== undefined && text !== "") this.#pendingText = text;
		return this.#item(text);
	}

	/**
	 * Returns the next non-empty text of the first choice or the message; undefined after the last one. For items only; the text of an event is
	 * `eventText`.
	 */
	nextText(): string | undefined {
		// The common case.
		if (this.#isText && this.#lengths[this.#at]) return this.#text();
		for (;;) {
			const entry = this.#entry();
			const text = entry === undefined ? this.#text() : textOf(entry as TextFields);
			if (text === undefined) return undefined;
			if (text !== "" && (entry !== undefined || this.#isText)) return text;
		}
	}

	/** Returns the next entry that is an item; undefined if the current run has texts, or at the end. */
	#entry(): object | undefined {
		while (this.#at === this.#lengths.length && this.#next < this.#entries.length) {
			const entry = this.#entries[this.#next] as Entry;
			this.#next += 1;
			if (!Array.isArray(entry)) return entry;
			if (typeof entry[0] === "string") this.#begin(entry as DeltaRun);
			else this.#learn(entry as Template);
		}
		return undefined;
	}

	/** Returns the next text of the run. */
	#text(): string | undefined {
		const length = this.#lengths[this.#at];
		if (length === undefined) return undefined;
		const start = this.#start;
		this.#start += length;
		const padding = this.#paddingLengths[this.#at];
		if (padding !== undefined) {
			this.#padding = this.#paddings.slice(this.#paddingStart, this.#paddingStart + padding);
			this.#paddingStart += padding;
		}
		this.#at += 1;
		return this.#texts.slice(start, this.#start);
	}

	#begin([texts, lengths, paddings, paddingLengths, counts, codes, pieces]: DeltaRun): void {
		this.#texts = texts;
		this.#lengths = lengths;
		this.#paddings = paddings;
		this.#paddingLengths = paddingLengths;
		this.#counts = counts;
		this.#codes = codes ?? [];
		this.#pieces = pieces ?? "";
		this.#at = 0;
		this.#start = 0;
		this.#paddingStart = 0;
		this.#padding = undefined;
		this.#opsAt = 0;
		this.#code = 0;
		this.#piece = 0;
	}

	#learn([fields, field, call, tool]: Template): void {
		const isChunk = "choices" in fields;
		const makers = isChunk ? ofChunk(fields as ChatCompletionChunk, field, call, tool) : ofEvent(fields, field);
		const item = (text: string) => {
			const made = makers[0](text);
			if (this.#padding !== undefined) made.obfuscation = this.#padding;
			return made;
		};
		this.#item = item;
		this.#isText = isChunk
			? field === "content" && (fields as ChatCompletionChunk).choices[0]?.index === 0
			: field === "text";
		this.#event = undefined;
		if (!this.#events) return;
		this.#event = makers[1];
		if (isChunk) this.#item = (text) => new ChunkEvent(item(text) as unknown as ChatCompletionChunk);
	}
}

/** The fields that hold the text of an item or an event. */
interface TextFields extends Partial<ChatCompletionChunk> {
	type?: string;
	choice?: number;
	delta?: string | { text?: string };
	text?: string;
}

/** The text that an item adds to the first choice or the message, as in the core's `Item`. */
export function textOf({ choices, type, delta }: TextFields): string {
	if (choices) return choices.find(({ index }) => index === 0)?.delta.content ?? "";
	return type === "content_block_delta" && typeof delta === "object" ? (delta.text ?? "") : "";
}

/** The text that an event adds to the first choice or the message. */
export function eventText({ type, choice = 0, delta, text }: TextFields): string {
	if (choice !== 0) return "";
	return (type === "content.delta" ? (delta as string) : type === "text" && text) || "";
}

type Makers = [item: (text: string) => Record<string, unknown>, event?: (text: string) => object];

function ofChunk(chunk: ChatCompletionChunk, field: string, call: number, tool: string | null): Makers {
	const choice = chunk.choices[0] as ChatCompletionChunk["choices"][number];
	const { delta, index } = choice;
	const of = (delta: object) => ({ ...chunk, choices: [{ ...choice, delta }] });
	if (field === "content") {
		return [(content) => of({ ...delta, content }), (delta) => new ContentDelta(index, delta)];
	}
	if (field === "reasoning") return [(reasoning) => of({ ...delta, reasoning })];
	const entry = delta.tool_calls?.[0];
	return [
		(text) => of({ ...delta, tool_calls: [{ ...entry, function: { ...entry?.function, arguments: text } }] }),
		(text) => ({
			type: "tool_calls.function.arguments.delta",
			choice: index,
			index: call,
			name: tool,
			arguments_delta: text,
		}),
	];
}

function ofEvent(event: Record<string, unknown>, field: string): Makers {
	const { index } = event;
	const delta = event.delta as object;
	const item = (text: string) => ({ ...event, delta: { ...delta, [field]: text } });
	if (field === "text") return [item, (text) => ({ type: "text", index, text })];
	if (field === "thinking") return [item, (thinking) => ({ type: "thinking", index, thinking })];
	return [item, (partial_json) => ({ type: "input_json", index, partial_json })];
}
