// Items that are as the one before but for a text and its padding: they cross the border as those alone (`batch_text` in
// `core/src/border.rs`).
//
// Law: makes of each text what the core would have written out. Decides nothing.

import type { ChatCompletionChunk } from "../generated/types.js";
import type { Mirror } from "./mirror.js";

/** What deltas share: the item's fields, the name of its text, the place of its tool call and that tool's name. */
type Template = [
	fields: ChatCompletionChunk | Record<string, unknown>,
	hole: string,
	call: number,
	tool: string | null,
];
/**
 * The texts of items that follow one another, in one, and their lengths; their paddings, if they have any; and what they change of a live
 * value.
 */
type Run = [
	texts: string,
	lengths: number[],
	paddings: string,
	paddingLengths: number[],
	counts?: number[],
	codes?: number[],
	pieces?: string,
];
/** What crosses for items, or for the template of those that follow. */
export type Entry = object | Template | Run;

/** Operations on a live value, of the events of a run, which take them in their order. */
export class Ops {
	readonly #counts: number[];
	readonly #codes: number[];
	readonly #pieces: string;
	#event = 0;
	#code = 0;
	#piece = 0;

	constructor(counts: number[], codes: number[], pieces: string) {
		this.#counts = counts;
		this.#codes = codes;
		this.#pieces = pieces;
	}

	/** Applies those of the next event. */
	next(mirror: Mirror): void {
		const end = this.#code + (this.#counts[this.#event] ?? 0);
		this.#piece = mirror.apply(this.#codes, this.#pieces, this.#code, end, this.#piece);
		this.#event += 1;
		this.#code = end;
	}
}

/** The paddings of a run, for whoever looks at items: readers of texts pass them over. */
class Paddings {
	readonly #all: string;
	readonly #lengths: readonly number[];
	#next = 0;
	#start = 0;
	#end = 0;

	constructor(all: string, lengths: readonly number[]) {
		this.#all = all;
		this.#lengths = lengths;
	}

	/** That of a place, which is none before the last one. */
	at(place: number): string {
		while (this.#next <= place) {
			this.#start = this.#end;
			this.#end += this.#lengths[this.#next] ?? 0;
			this.#next += 1;
		}
		return this.#all.slice(this.#start, this.#end);
	}
}

/** Makes items, or the events of `.stream()`, of what crossed the border: each when it is asked for. */
export class Expander {
	readonly #events: boolean;
	#entries: readonly Entry[] = [];
	/** The next entry. */
	#next = 0;
	#item: (text: string) => object = () => ({});
	#event: ((text: string) => object) | undefined;
	/** Whether what the template's items say is the answer's text. */
	#isText = false;
	/** The run that is under way: its texts, which of them is next, and where that begins. */
	#texts = "";
	#lengths: readonly number[] = [];
	#paddings: Paddings | undefined;
	#at = 0;
	#start = 0;
	#ops: Ops | undefined;
	/** The second of an item's two events: what it tells. */
	#second: string | undefined;

	/** `events`: an item stands for two events, its own and that of its text. */
	constructor(events: boolean) {
		this.#events = events;
	}

	/** What the last item tells of a live value. */
	ops: Ops | undefined;

	/** How many entries were taken of the batch. */
	get place(): number {
		return this.#next;
	}

	/** Whether every item of the batch was taken. */
	get isEmpty(): boolean {
		const { length } = this.#lengths;
		return this.#second === undefined && this.#at >= length && this.#next >= this.#entries.length;
	}

	/** Goes on with a batch; what was left of the last one is gone. */
	load(entries: readonly Entry[]): void {
		this.#entries = entries;
		this.#next = 0;
		this.#at = 0;
		this.#lengths = [];
		this.#second = undefined;
	}

	/** The next item; nothing after the last one. */
	next(): object | undefined {
		this.ops = undefined;
		const second = this.#second;
		if (second !== undefined) {
			this.#second = undefined;
			this.ops = this.#ops;
			return this.#event?.(second);
		}
		const entry = this.#entry();
		if (entry !== undefined) return entry;
		const text = this.#text();
		if (text === undefined) return undefined;
		if (this.#event !== undefined && text !== "") this.#second = text;
		return this.#item(text);
	}

	/**
	 * The next text of the answer that is not empty, of the first choice or the message; nothing after the last one. For items: of
	 * events the texts are `toldText` of each.
	 */
	nextText(): string | undefined {
		const length = this.#lengths[this.#at];
		// Nearly all of them.
		if (length && this.#isText) {
			this.#at += 1;
			const start = this.#start;
			this.#start += length;
			return this.#texts.slice(start, this.#start);
		}
		for (;;) {
			const entry = this.#entry();
			const text = entry === undefined ? this.#text() : textOf(entry as Says);
			if (text === undefined) return undefined;
			if (text !== "" && (entry !== undefined || this.#isText)) return text;
		}
	}

	/** The next item that was written out; nothing where a text of a run comes first. */
	#entry(): object | undefined {
		while (this.#at === this.#lengths.length && this.#next < this.#entries.length) {
			const entry = this.#entries[this.#next] as Entry;
			this.#next += 1;
			if (!Array.isArray(entry)) return entry;
			if (typeof entry[0] === "string") this.#run(entry as Run);
			else this.#learn(entry as Template);
		}
		return undefined;
	}

	/** The next text of the run. */
	#text(): string | undefined {
		const length = this.#lengths[this.#at];
		if (length === undefined) return undefined;
		this.#at += 1;
		const start = this.#start;
		this.#start += length;
		return this.#texts.slice(start, this.#start);
	}

	#run([texts, lengths, paddings, paddingLengths, counts, codes, pieces]: Run): void {
		this.#texts = texts;
		this.#lengths = lengths;
		this.#paddings = paddingLengths.length > 0 ? new Paddings(paddings, paddingLengths) : undefined;
		this.#at = 0;
		this.#start = 0;
		this.#ops = counts && codes && new Ops(counts, codes, pieces ?? "");
	}

	#learn([fields, hole, call, tool]: Template): void {
		const isChunk = "choices" in fields;
		const makers = isChunk ? ofChunk(fields as ChatCompletionChunk, hole, call, tool) : ofEvent(fields, hole);
		const item = (text: string) => {
			const made = makers[0](text);
			if (this.#paddings) made.obfuscation = this.#paddings.at(this.#at - 1);
			return made;
		};
		this.#item = item;
		this.#isText = isChunk
			? hole === "content" && (fields as ChatCompletionChunk).choices[0]?.index === 0
			: hole === "text";
		this.#event = undefined;
		if (!this.#events) return;
		this.#event = makers[1];
		if (isChunk) this.#item = (text) => ({ type: "chunk", chunk: item(text) });
	}
}

/** What tells the text of an item or an event. */
interface Says extends Partial<ChatCompletionChunk> {
	type?: string;
	choice?: number;
	delta?: string | { text?: string };
	text?: string;
}

/** The text that an item adds to the first choice or the message (`core/src/wire/mod.rs`). */
function textOf({ choices, type, delta }: Says): string {
	if (choices) return choices.find(({ index }) => index === 0)?.delta.content ?? "";
	return type === "content_block_delta" && typeof delta === "object" ? (delta.text ?? "") : "";
}

/** The text that an event adds to the first choice or the message (`core/src/helper.rs`). */
export function toldText({ type, choice = 0, delta, text }: Says): string {
	if (choice !== 0) return "";
	return (type === "content.delta" ? (delta as string) : type === "text" && text) || "";
}

type Makers = [item: (text: string) => Record<string, unknown>, event?: (text: string) => object];

function ofChunk(chunk: ChatCompletionChunk, hole: string, call: number, tool: string | null): Makers {
	const choice = chunk.choices[0] as ChatCompletionChunk["choices"][number];
	const { delta, index } = choice;
	const of = (delta: object) => ({ ...chunk, choices: [{ ...choice, delta }] });
	if (hole === "content") {
		return [(content) => of({ ...delta, content }), (delta) => ({ type: "content.delta", choice: index, delta })];
	}
	if (hole === "reasoning") return [(reasoning) => of({ ...delta, reasoning })];
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

function ofEvent(event: Record<string, unknown>, hole: string): Makers {
	const { index } = event;
	const delta = event.delta as object;
	const item = (text: string) => ({ ...event, delta: { ...delta, [hole]: text } });
	if (hole === "text") return [item, (text) => ({ type: "text", index, text })];
	if (hole === "thinking") return [item, (thinking) => ({ type: "thinking", index, thinking })];
	return [item, (partial_json) => ({ type: "input_json", index, partial_json })];
}
