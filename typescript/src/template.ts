// Items that are as the one before but for a text: they cross the border as that text alone (`batch_text` in `core/src/border.rs`).
//
// Law: makes of each text what the core would have written out. Decides nothing.

import type { ChatCompletionChunk } from "./generated/types.js";
import type { Mirror } from "./mirror.js";

/** What deltas share: the item's fields, the name of its text, the place of its tool call and that tool's name. */
type Template = [
	fields: ChatCompletionChunk | Record<string, unknown>,
	hole: string,
	call: number,
	tool: string | null,
];
/** The texts of items that follow one another, in one, and their lengths; and what they change of a live value. */
type Run = [texts: string, lengths: number[], counts?: number[], codes?: number[], pieces?: string];
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

/** Makes items, or the events of `.stream()`, of what crossed the border. */
export class Expander {
	readonly #events: boolean;
	#item: (text: string) => object = () => ({});
	#event: ((text: string) => object) | undefined;

	/** `events`: an item stands for two events, its own and that of its text. */
	constructor(events: boolean) {
		this.#events = events;
	}

	/** What the last batch tells of live values, each at its item's place. */
	ops: (Ops | undefined)[] = [];

	/** The items of a batch. */
	expand(entries: Entry[]): object[] {
		const items: object[] = [];
		this.ops = [];
		for (const entry of entries) {
			if (!Array.isArray(entry)) items.push(entry);
			else if (typeof entry[0] === "string") this.#run(items, entry as Run);
			else this.#learn(entry as Template);
		}
		return items;
	}

	#run(items: object[], [texts, lengths, counts, codes, pieces]: Run): void {
		const ops = counts && codes && new Ops(counts, codes, pieces ?? "");
		const item = this.#item;
		const event = this.#event;
		let at = 0;
		for (const length of lengths) {
			const text = texts.slice(at, at + length);
			at += length;
			items.push(item(text));
			if (event === undefined || length === 0) continue;
			if (ops !== undefined) this.ops[items.length] = ops;
			items.push(event(text));
		}
	}

	#learn([fields, hole, call, tool]: Template): void {
		const makers =
			"choices" in fields ? ofChunk(fields as ChatCompletionChunk, hole, call, tool) : ofEvent(fields, hole);
		this.#item = makers[0];
		this.#event = undefined;
		if (!this.#events) return;
		this.#event = makers[1];
		if ("choices" in fields) this.#item = (text) => ({ type: "chunk", chunk: makers[0](text) });
	}
}

type Makers = [item: (text: string) => object, event?: (text: string) => object];

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
