// Rendering once per frame.
//
// Changes between two frames are rendered together; a hidden page renders when it becomes visible.

import { type Signal, signal } from "@preact/signals";

/** A value that grows while it is shown. */
export class Growing {
	/** Changes when the value must be rendered again. */
	readonly drawn: Signal<number> = signal(0);

	/** Renders the value with the next frame. */
	grew(): void {
		if (waiting.size === 0) requestAnimationFrame(drawAll);
		waiting.add(this);
	}
}

const waiting = new Set<Growing>();

/** Renders pending changes without waiting for a frame. */
export function drawAll(): void {
	const all = [...waiting];
	waiting.clear();
	for (const one of all) one.drawn.value += 1;
}
