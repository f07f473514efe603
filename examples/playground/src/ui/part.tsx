// A part of a reply: a text, reasoning, JSON, or a call.

import type { VNode } from "preact";
import { Markdown } from "../markdown/markdown";
import type { CallPart, JsonPart, Part, TextPart } from "../state/answer";
import { Icon } from "./icon";
import { later } from "./later";

// Not needed for the first message.
const JsonView = later<{ part: JsonPart }>(
	async () => (await import("../json/json-view")).JsonView,
	({ part }) => {
		void part.drawn.value;
		return <p class="raw">{part.text}</p>;
	},
);
const CallView = later<{ part: CallPart }>(
	async () => (await import("./call")).CallView,
	({ part }) => <p class="note">{part.name}</p>,
);

export function PartView({ part, isOpen }: { part: Part; isOpen: boolean }): VNode {
	if (part.kind === "json") return <JsonView part={part} />;
	if (part.kind === "call") return <CallView part={part} />;
	if (part.kind === "reasoning") return <Reasoning part={part} isOpen={isOpen} />;
	return <Markdown part={part} />;
}

/** Reasoning, collapsed; while it grows, its last line is shown. */
function Reasoning({ part, isOpen }: { part: TextPart; isOpen: boolean }): VNode {
	return (
		<details class="reasoning">
			<summary>
				<Icon name="thought" />
				<span>{isOpen ? "Thinking" : "Reasoning"}</span>
				{isOpen && (
					<span class="dots" aria-hidden="true">
						<i />
						<i />
						<i />
					</span>
				)}
			</summary>
			<Markdown part={part} />
		</details>
	);
}
