// Safe links: only those to the web and to mailboxes become links. All else stays text.

const schemes = new Set(["http:", "https:", "mailto:"]);

/** The URL of a link as the browser parses it; undefined for other schemes, and for links into this page. */
export function safeHref(text: string): string | undefined {
	if (text.length > 4096 || !URL.canParse(text)) return undefined;
	const url = new URL(text);
	return schemes.has(url.protocol) ? url.href : undefined;
}

const named: Readonly<Record<string, string>> = {
	amp: "&",
	lt: "<",
	gt: ">",
	quot: '"',
	apos: "'",
	nbsp: "\u00a0",
	copy: "©",
	hellip: "…",
	mdash: "—",
	ndash: "–",
	times: "×",
};

/** Replaces character references by the characters. */
export function decoded(text: string): string {
	if (!text.includes("&")) return text;
	return text.replace(/&(?:#(\d{1,7})|#[xX]([\da-fA-F]{1,6})|(\w{2,6}));/g, (whole, decimal, hex, name) => {
		if (name) return named[name as string] ?? whole;
		const code = decimal ? Number(decimal) : Number.parseInt(hex as string, 16);
		return code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code < 0xe000) ? String.fromCodePoint(code) : "\ufffd";
	});
}
