// Incremental parsing of Markdown to tokens.
//
// A block that is followed by another one is closed and never parsed again. The open last block is parsed again, a long one not with every delta,
// so that the total time is linear in the length of the text.

import type { Token } from "marked";
import type { Links, lex } from "./lexer";

/** The lexer, a file of its own that is loaded with the first reply. Until then, the text is shown unparsed. */
let lexer: typeof lex | undefined;

/** Loads the lexer. If that fails, texts stay unparsed, and the next reply tries again. */
export async function loadLexer(): Promise<void> {
	try {
		lexer ??= (await import("./lexer")).lex;
	} catch {
		// Probably offline.
	}
}

/** The number of closed blocks in a group. Groups make rendering cheap. */
export type Group = readonly Token[];
const GROUP = 32;

/** Up to this length the open block is parsed again with every frame. */
const SHORT = 8 << 10;
const LONG = 64 << 10;

/** How much a block of this length grows before it is parsed again. */
function step(length: number): number {
	return length <= SHORT ? 0 : length / (length <= LONG ? 64 : 8);
}

/** A growing text. */
export class Document {
	/** Full groups of closed blocks, which do not change. */
	readonly groups: Group[] = [];
	/** The closed blocks of the group that is not full yet. */
	closed: readonly Token[] = [];
	/** The open blocks: one, or a few whose ends are not certain yet. */
	open: readonly Token[] = [];
	/** The text that has not been parsed, if the lexer is not loaded yet. */
	raw = "";
	readonly #links: Links = Object.create(null) as Links;
	#tail = "";
	#read = -1;
	#isDone = false;

	push(delta: string): void {
		this.#tail += delta;
	}

	/** The text is complete. */
	end(): void {
		this.#isDone = true;
		this.#read = -1;
	}

	/** Parses the text that was added since the last call. */
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

/** The number of blocks that cannot change any more: those before a block whose first line is complete. */
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
