// What screen readers are told.
//
// Law: the beginning and the end of answers, and what buttons did; never each token, which nobody could follow.

import { signal } from "@preact/signals";
import type { VNode } from "preact";

const said = signal("");

/** Tells it, also where it is what was told last. */
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
