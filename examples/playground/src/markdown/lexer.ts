// Markdown text to tokens, with `marked`.
//
// Very long paragraphs and very deep nesting, which would take `marked` more than linear time, stay plain text. Never throws.

import { Lexer, type Token, type Tokens } from "marked";

/** Link definitions by name; those of earlier blocks apply to later ones. */
export type Links = Record<string, Pick<Tokens.Link | Tokens.Image, "href" | "title">>;

/** The longest paragraph that is searched for emphasis, links and code. */
const PARAGRAPH = 16 << 10;
/** Matches lines with a nesting depth over 24, by markers or by indentation. */
const deep = /^(?:[ \t]*(?:>|[-*+]|\d{1,9}[.)])){24}|^[ \t]{96,}(?:>|[-*+]|\d{1,9}[.)])/m;

function plain(text: string): Token[] {
	return [
		{
			type: "paragraph",
			raw: text,
			text,
			tokens: [{ type: "text", raw: text, text }],
		} as Tokens.Paragraph,
	];
}

/** Returns the blocks of a text, and adds its link definitions to `links`. */
export function lex(text: string, links: Links): Token[] {
	if (deep.test(text)) return plain(text);
	try {
		const lexer = new Lexer({ gfm: true });
		lexer.tokens.links = links;
		lexer.blockTokens(text, lexer.tokens);
		for (const { src, tokens } of lexer.inlineQueue) {
			if (src.length <= PARAGRAPH) lexer.inlineTokens(src, tokens);
			else tokens.push({ type: "text", raw: src, text: src });
		}
		return [...lexer.tokens];
	} catch {
		return plain(text);
	}
}
