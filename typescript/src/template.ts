// Items that are as the one before but for a text: they cross the border as that text alone (`batch_text` in `core/src/border.rs`).
//
// Law: makes of each text what the core would have written out. Decides nothing.

import type { ChatCompletionChunk } from "./generated/types.js";

/** What deltas share: the item's fields, the name of its text, the place of its tool call and that tool's name. */
type Template = [
	fields: ChatCompletionChunk | Record<string, unknown>,
	hole: string,
	call: number,
	tool: string | null,
];
/** What crosses for an item, or for the template of those that follow. */
export type Entry = object | string | Template | Ops;

/** Operations on a live value: those of the text that stands first. */
export type Ops = readonly [text: string, codes: number[], pieces: string];

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
			if (typeof entry === "string") this.#add(items, entry);
			else if (!Array.isArray(entry)) items.push(entry);
			else if (typeof entry[0] === "string") this.#add(items, entry[0], entry as unknown as Ops);
			else this.#learn(entry as Template);
		}
		return items;
	}

	#add(items: object[], text: string, ops?: Ops): void {
		items.push(this.#item(text));
		if (this.#event === undefined || text === "") return;
		if (ops !== undefined) this.ops[items.length] = ops;
		items.push(this.#event(text));
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
