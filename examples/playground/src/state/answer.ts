// An answer as it comes: its parts in their order, and what was measured of it.
//
// Law: data. Parts grow; nothing that was shown is taken back.

import { type Signal, signal } from "@preact/signals";
import { Document } from "../markdown/document";
import { Growing } from "./frames";
import type { Problem } from "./problem";
import type { Format } from "./settings";

/** A text of the answer, or what the model thought before it. */
export class TextPart extends Growing {
	readonly kind: "text" | "reasoning";
	readonly document = new Document();
	readonly #pieces: string[] = [];

	constructor(kind: "text" | "reasoning") {
		super();
		this.kind = kind;
	}

	/** All of it. */
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

/** An answer that is JSON. */
export class JsonPart extends Growing {
	readonly kind = "json";
	/** The value so far; what is complete in it stays the same object. */
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
	/** What the model is told. */
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

/** What is known of an answer besides its text. */
export interface Measured {
	inputTokens: number | undefined;
	/** As the endpoint told; until then the deltas that came. */
	outputTokens: number;
	isCounted: boolean;
	/** Milliseconds from the question to the first token. */
	firstToken: number | undefined;
	/** Tokens a second from the first token to the last. */
	speed: number | undefined;
	/** Dollars as a decimal text; null where it can't be known; none while it isn't yet. */
	cost: string | null | undefined;
	/** Why the model ended. */
	finish: string | undefined;
}

/** An answer. */
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
	/** The turns that it stands for in its format, with its calls and their results. */
	turns: readonly object[] | undefined;

	constructor(format: Format, model: string) {
		this.format = format;
		this.model = model;
	}

	add<P extends Part>(part: P): P {
		this.parts.value = [...this.parts.value, part];
		return part;
	}

	/** What it said, without what it thought. */
	get text(): string {
		const said = this.parts.value.filter((part) => part.kind === "text" || part.kind === "json");
		return said.map((part) => (part as TextPart | JsonPart).text).join("");
	}
}
