// A text that may be very long. Shows only a part if the layout of the whole text would take long, and the rest on request.

import type { VNode } from "preact";
import { useState } from "preact/hooks";

/** The number of characters that are shown at once. */
const SHOWN = 60_000;

export function Clipped({ text }: { text: string }): VNode {
	const [isAll, showAll] = useState(false);
	if (text.length <= SHOWN || isAll) return <>{text}</>;
	return (
		<>
			{text.slice(0, SHOWN)}…{" "}
			<button type="button" class="link" onClick={() => showAll(true)}>
				Show all {Math.round(text.length / 1000).toLocaleString("en")},000 characters
			</button>
		</>
	);
}
