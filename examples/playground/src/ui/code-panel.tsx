// The present request as code.

import type { VNode } from "preact";
import { draft, requestFor, turns, withTools } from "../state/chat";
import { format, tools } from "../state/settings";
import { definitions } from "../tools/definitions";
import { Code } from "./code";

export function CodePanel(): VNode {
	const prompt = draft.value.trim() || turns.value.at(-1)?.prompt || "Hello!";
	const before = draft.value.trim() ? turns.value : turns.value.slice(0, -1);
	const chosen = withTools.value ? definitions.filter(({ name }) => tools.value.has(name)) : [];
	const told = chosen.map(({ name, description, parameters }) =>
		format.value === "chat"
			? { type: "function", function: { name, description, parameters } }
			: { name, description, input_schema: parameters },
	);
	return (
		<div class="code-panel">
			<Code language="json" text={JSON.stringify(requestFor(prompt, before, told), null, 2)} />
		</div>
	);
}
