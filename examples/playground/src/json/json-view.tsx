// A JSON reply: a growing tree, or its text.

import type { VNode } from "preact";
import { useState } from "preact/hooks";
import type { JsonPart } from "../state/answer";
import { Choice } from "../ui/choice";
import { Clipped } from "../ui/clipped";
import { JsonTree } from "./json-tree";

let count = 0;

export function JsonView({ part }: { part: JsonPart }): VNode {
	const version = part.drawn.value;
	const [kind, setKind] = useState<"tree" | "text">("tree");
	const [name] = useState(() => `json-${++count}`);
	const isTree = kind === "tree" && part.value !== undefined;
	return (
		<section class="json" aria-label="JSON">
			<header>
				<span class="badge">{part.isDone ? "JSON" : "JSON, growing"}</span>
				<Choice
					label="Show as"
					name={name}
					options={[
						["tree", "Tree"],
						["text", "Text"],
					]}
					chosen={kind}
					onChoose={setKind}
				/>
			</header>
			{isTree ? (
				<JsonTree value={part.value} version={version} isGrowing={!part.isDone} />
			) : (
				<pre class="raw">
					<Clipped text={part.text} />
				</pre>
			)}
		</section>
	);
}
