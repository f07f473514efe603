// Text to tokens.
//
// Law: `marked` reads the blocks; what would cost it more than linear time is left as plain text: very long paragraphs, and nesting
// deeper than anybody reads. Never throws.

import { Lexer, type Token, type Tokens } from "marked";

/** The targets of links by their names: those of earlier blocks hold in later ones. */
export type Links = Record<string, Pick<Tokens.Link | Tokens.Image, "href" | "title">>;

/** Characters of a paragraph up to which emphasis, links and code are looked for in it. */
const PARAGRAPH = 16 << 10;
/** Lines that nest over 24 deep, by their markers or by their indents. */
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

/** The blocks of a text; `links` learns those that it defines. */
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
