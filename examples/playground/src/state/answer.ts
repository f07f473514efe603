// A reply: its parts in order, and its measurements.
//
// Data only. Parts grow; nothing that was shown is removed.

import { type Signal, signal } from "@preact/signals";
import { Document } from "../markdown/document";
import { Growing } from "./frames";
import type { Problem } from "./problem";
import type { Format } from "./settings";

/** A text of the reply, or the reasoning before it. */
export class TextPart extends Growing {
	readonly kind: "text" | "reasoning";
	readonly document = new Document();
	readonly #pieces: string[] = [];

	constructor(kind: "text" | "reasoning") {
		super();
		this.kind = kind;
	}

	/** The whole text. */
	get text(): string {
		return this.#pieces.join("");
	}

	push(delta: string): void {
		this.#pieces.push(delta);
		this.document.push(delta);
		this.grew();
	}

	end(): void {
		this.document.end();
		this.grew();
	}
}

/** A JSON reply. */
export class JsonPart extends Growing {
	readonly kind = "json";
	/** The value so far; complete parts stay the same objects. */
	value: unknown = undefined;
	isDone = false;
	readonly #pieces: string[] = [];

	get text(): string {
		return this.#pieces.join("");
	}

	push(delta: string): void {
		this.#pieces.push(delta);
		this.grew();
	}

	end(): void {
		this.isDone = true;
		this.grew();
	}
}

/** A tool that the model calls. */
export class CallPart extends Growing {
	readonly kind = "call";
	readonly name: string;
	/** The arguments so far: one value that grows. */
	args: unknown = undefined;
	state: "writing" | "running" | "done" | "failed" | "left" = "writing";
	/** The result, as it is sent to the model. */
	result = "";

	constructor(name: string) {
		super();
		this.name = name;
	}

	become(state: CallPart["state"]): void {
		this.state = state;
		this.grew();
	}
}

export type Part = TextPart | JsonPart | CallPart;

/** The measurements of a reply. */
export interface Measured {
	inputTokens: number | undefined;
	/** The count of the endpoint; until it arrives, the number of deltas. */
	outputTokens: number;
	isCounted: boolean;
	/** Milliseconds from the request to the first token. */
	firstToken: number | undefined;
	/** Tokens per second, from the first token to the last. */
	speed: number | undefined;
	/** Dollars as a decimal string; null if unknown; undefined until the end. */
	cost: string | null | undefined;
	/** The finish reason. */
	finish: string | undefined;
}

/** A reply. */
export class Answer {
	readonly format: Format;
	readonly model: string;
	readonly parts: Signal<readonly Part[]> = signal([]);
	readonly state: Signal<"waiting" | "streaming" | "done" | "stopped" | "failed"> = signal("waiting");
	readonly problem: Signal<Problem | undefined> = signal(undefined);
	readonly measured: Signal<Measured> = signal({
		inputTokens: undefined,
		outputTokens: 0,
		isCounted: false,
		firstToken: undefined,
		speed: undefined,
		cost: undefined,
		finish: undefined,
	});
	/** Its turns in its format, with its calls and their results. */
	turns: readonly object[] | undefined;

	constructor(format: Format, model: string) {
		this.format = format;
		this.model = model;
	}

	add<P extends Part>(part: P): P {
		this.parts.value = [...this.parts.value, part];
		return part;
	}

	/** Its text, without the reasoning. */
	get text(): string {
		const said = this.parts.value.filter((part) => part.kind === "text" || part.kind === "json");
		return said.map((part) => (part as TextPart | JsonPart).text).join("");
	}
}
