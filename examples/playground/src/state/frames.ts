// Drawing in step with the screen.
//
// Law: whatever comes between two frames is drawn once. A page that isn't seen draws when it is.

import { type Signal, signal } from "@preact/signals";

/** Something that grows while it is shown. */
export class Growing {
	/** Changes when it shall be drawn again. */
	readonly drawn: Signal<number> = signal(0);

	/** Draws it with the next frame. */
	grew(): void {
		if (waiting.size === 0) requestAnimationFrame(drawAll);
		waiting.add(this);
	}
}

const waiting = new Set<Growing>();

/** Draws what waits, without waiting for a frame. */
export function drawAll(): void {
	const all = [...waiting];
	waiting.clear();
	for (const one of all) one.drawn.value += 1;
}
