// Markdown that is read while it comes.
//
// Law: a block that is followed by another is closed and never read again; only the open last block is, and a long one not with every
// delta, so that all of it costs time linear in the text. Gives tokens; draws nothing.

import type { Token } from "marked";
import type { Links, lex } from "./lexer";

/** The lexer: a file of its own, loaded with the first answer. Until it is there, the text is shown as it is. */
let lexer: typeof lex | undefined;

/** Loads the lexer. Where it can't be loaded, texts stay as they are, and the next answer tries again. */
export async function loadLexer(): Promise<void> {
	try {
		lexer ??= (await import("./lexer")).lex;
	} catch {
		// Offline, then.
	}
}

/** Blocks that are closed, many to a group, so that drawing looks at few things. */
export type Group = readonly Token[];
const GROUP = 32;

/** Up to this many characters the open block is read again with each drawing. */
const SHORT = 8 << 10;
const LONG = 64 << 10;

/** How much a block of this length grows before it is read again. */
function step(length: number): number {
	return length <= SHORT ? 0 : length / (length <= LONG ? 64 : 8);
}

/** A text in growth. */
export class Document {
	/** Full groups of closed blocks: these arrays don't change. */
	readonly groups: Group[] = [];
	/** Closed blocks of the group that isn't full. */
	closed: readonly Token[] = [];
	/** The open blocks: one, or a few where their ends aren't clear yet. */
	open: readonly Token[] = [];
	/** The text that has not been read, where there is no lexer yet. */
	raw = "";
	readonly #links: Links = Object.create(null) as Links;
	#tail = "";
	#read = -1;
	#isDone = false;

	push(delta: string): void {
		this.#tail += delta;
	}

	/** No more comes. */
	end(): void {
		this.#isDone = true;
		this.#read = -1;
	}

	/** Reads what came since the last time. */
	read(): void {
		if (!lexer) {
			this.raw = this.#tail;
			return;
		}
		this.raw = "";
		const grown = this.#tail.length - this.#read;
		if (this.#read >= 0 && (grown === 0 || (!this.#isDone && grown < step(this.#tail.length)))) return;
		this.#tail = this.#tail.replaceAll("\r", "");
		const tokens = lexer(this.#tail, this.#links);
		const closed = this.#isDone ? tokens.length : closedOf(tokens, this.#tail);
		let length = 0;
		for (const token of tokens.slice(0, closed)) {
			length += token.raw.length;
			this.#close(token);
		}
		this.open = tokens.slice(closed);
		this.#tail = this.#tail.slice(length);
		this.#read = this.#tail.length;
	}

	#close(token: Token): void {
		if (token.type === "space") return;
		this.closed = [...this.closed, token];
		if (this.closed.length < GROUP) return;
		this.groups.push(this.closed);
		this.closed = [];
	}
}

/** How many of the first blocks nothing can change any more: those before one whose first line is whole. */
function closedOf(tokens: readonly Token[], text: string): number {
	const end = text.lastIndexOf("\n");
	let at = 0;
	let closed = 0;
	for (const [place, token] of tokens.entries()) {
		if (token.type !== "space") {
			const isWhole = text.indexOf("\n", at) !== -1 && text.indexOf("\n", at) <= end;
			if (isWhole && place > 0) closed = place;
		}
		at += token.raw.length;
	}
	return closed;
}
