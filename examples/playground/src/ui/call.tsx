// A call of a tool: its arguments as they arrive, then its result.

import type { VNode } from "preact";
import { JsonTree } from "../json/json-tree";
import type { CallPart } from "../state/answer";
import { Clipped } from "./clipped";
import { Icon } from "./icon";

const words: Readonly<Record<CallPart["state"], string>> = {
	writing: "writing arguments",
	running: "running",
	done: "done",
	failed: "failed",
	left: "not run",
};

export function CallView({ part }: { part: CallPart }): VNode {
	const version = part.drawn.value;
	return (
		<section class="call" data-state={part.state} aria-label={`Call of the tool ${part.name}`}>
			<header>
				<Icon name="tool" />
				<code>{part.name}</code>
				<span class="badge">runs in this page</span>
				<span class="state">{words[part.state]}</span>
			</header>
			<div class="args">
				<JsonTree value={part.args ?? {}} version={version} isGrowing={part.state === "writing"} isBare />
			</div>
			{part.result !== "" && (
				<div class="result">
					<span class="label">{part.state === "failed" ? "Error" : "Result"}</span>
					<Result text={part.result} />
				</div>
			)}
		</section>
	);
}

/** Renders JSON as a tree, and other text as text. */
function Result({ text }: { text: string }): VNode {
	if (text.startsWith("{") && text.length < 20_000) {
		try {
			return <JsonTree value={JSON.parse(text)} version={0} isGrowing={false} isBare />;
		} catch {
			// Not JSON, so a text.
		}
	}
	return (
		<code>
			<Clipped text={text} />
		</code>
	);
}
