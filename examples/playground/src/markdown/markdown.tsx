// Renders Markdown.
//
// Creates every node from a token and none from HTML text, so a model cannot write HTML. Images become links; nothing is fetched. Closed blocks are
// rendered once.

import type { Token, Tokens } from "marked";
import { type ComponentChildren, Fragment, type VNode } from "preact";
import { useRef } from "preact/hooks";
import type { TextPart } from "../state/answer";
import { Clipped } from "../ui/clipped";
import { Code } from "../ui/code";
import type { Group } from "./document";
import { decoded, safeHref } from "./safe";

/** The depth from which a token is shown as text. */
const DEEP = 32;

/** A growing part of a reply. */
export function Markdown({ part }: { part: TextPart }): VNode {
	void part.drawn.value;
	const { document } = part;
	document.read();
	const drawn = useRef(new WeakMap<object, VNode>()).current;
	const last = document.groups.length;
	return (
		<div class="prose">
			{document.groups.map((group, place) => once(drawn, group, () => blocks(drawn, group, place)))}
			{blocks(drawn, document.closed, last, document.open)}
			{document.raw && <p>{<Clipped text={document.raw} />}</p>}
		</div>
	);
}

/** A group of blocks; each keeps its key, whether it is open or closed. */
function blocks(drawn: WeakMap<object, VNode>, closed: Group, place: number, open: Group = []): VNode {
	return (
		<Fragment key={place}>
			{closed.map((token, at) => once(drawn, token, () => <Fragment key={at}>{draw(token, 0)}</Fragment>))}
			{open.map((token, at) => (
				<Fragment key={closed.length + at}>{draw(token, 0)}</Fragment>
			))}
		</Fragment>
	);
}

/** The cached node of a value that does not change, so that the renderer skips it. */
function once(drawn: WeakMap<object, VNode>, thing: object, make: () => VNode): VNode {
	const node = drawn.get(thing) ?? make();
	drawn.set(thing, node);
	return node;
}

function all(tokens: readonly Token[] | undefined, depth: number): ComponentChildren {
	return tokens?.map((token) => draw(token, depth));
}

function draw(given: Token, depth: number): ComponentChildren {
	const token = given as Tokens.Generic;
	if (depth > DEEP) return token.raw;
	const inner = () => all(token.tokens, depth + 1);
	switch (token.type) {
		case "space":
		case "def":
			return null;
		case "paragraph":
			return <p>{inner()}</p>;
		case "heading":
			// Below the page's own headings.
			return <h3 data-depth={token.depth}>{inner()}</h3>;
		case "code":
			return <Code text={token.text} language={String(token.lang ?? "").split(/\s/)[0] ?? ""} />;
		case "blockquote":
			return <blockquote>{inner()}</blockquote>;
		case "hr":
			return <hr />;
		case "list": {
			const items = (token as Tokens.List).items.map((item) => (
				<li class={item.task ? "task" : undefined}>{all(item.tokens, depth + 1)}</li>
			));
			return token.ordered ? <ol start={Number(token.start) || 1}>{items}</ol> : <ul>{items}</ul>;
		}
		case "checkbox":
			return <span class="check" role="img" aria-label={token.checked ? "done" : "to do"} data-on={token.checked} />;
		case "table":
			return <Table token={token as Tokens.Table} depth={depth} />;
		case "strong":
			return <strong>{inner()}</strong>;
		case "em":
			return <em>{inner()}</em>;
		case "del":
			return <del>{inner()}</del>;
		case "codespan":
			return <code>{token.text}</code>;
		case "br":
			return <br />;
		case "link":
			return link(token.href, inner());
		case "image":
			return link(token.href, `${token.text || "image"}`, "image");
		case "escape":
			return token.text;
		case "text":
			if (token.tokens) return inner();
			return <Clipped text={decoded(token.text)} />;
		case "html":
			return token.block ? <p class="raw">{token.raw.trimEnd()}</p> : token.raw;
		default:
			return token.raw;
	}
}

function link(href: string, children: ComponentChildren, kind?: string): ComponentChildren {
	const safe = safeHref(href);
	if (!safe)
		return (
			<span class="dead" title="This address is not opened">
				{children}
			</span>
		);
	return (
		<a href={safe} target="_blank" rel="noopener noreferrer nofollow" data-kind={kind}>
			{children}
		</a>
	);
}

function Table({ token, depth }: { token: Tokens.Table; depth: number }): VNode {
	const cells = (row: readonly Tokens.TableCell[], Cell: "th" | "td") => (
		<tr>
			{row.map(({ tokens, align }) => (
				<Cell data-align={align} scope={Cell === "th" ? "col" : undefined}>
					{all(tokens, depth + 1)}
				</Cell>
			))}
		</tr>
	);
	return (
		// Focusable, so that it can be scrolled with the keyboard.
		// biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable
		<section class="table" aria-label="Table" tabIndex={0}>
			<table>
				<thead>{cells(token.header, "th")}</thead>
				<tbody>{token.rows.map((row) => cells(row, "td"))}</tbody>
			</table>
		</section>
	);
}
