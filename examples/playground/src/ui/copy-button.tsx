// A button that copies a text. Reports the result visually and to screen readers, also if the browser refuses.

import type { VNode } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Icon } from "./icon";
import { announce } from "./live";

export function CopyButton({ text, label }: { text: () => string; label: string }): VNode {
	const [state, setState] = useState<"idle" | "copied" | "refused">("idle");
	useEffect(() => {
		if (state === "idle") return;
		const timer = setTimeout(() => setState("idle"), 2000);
		return () => clearTimeout(timer);
	}, [state]);
	const copy = async () => {
		try {
			await navigator.clipboard.writeText(text());
			setState("copied");
			announce("Copied");
		} catch {
			setState("refused");
			announce("The browser refused to copy");
		}
	};
	const words = { idle: label, copied: "Copied", refused: "Refused" }[state];
	return (
		<button type="button" class="tiny" onClick={copy} aria-label={label} data-state={state}>
			<Icon name={state === "copied" ? "check" : "copy"} />
			<span>{words}</span>
		</button>
	);
}
