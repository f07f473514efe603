// Announcements for screen readers: the start and the end of replies and the results of buttons, but not every token.

import { signal } from "@preact/signals";
import type { VNode } from "preact";

const said = signal("");

/** Announces a text, also if it equals the last one. */
export function announce(text: string): void {
	said.value = said.value === text ? `${text}\u00a0` : text;
}

export function Announcements(): VNode {
	return (
		<div class="hidden" role="status">
			{said}
		</div>
	);
}
