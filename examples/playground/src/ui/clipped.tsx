// A text that may be very long.
//
// Law: what is too long to be laid out without a pause is shown in part, until somebody wants all of it.

import type { VNode } from "preact";
import { useState } from "preact/hooks";

/** Characters that are shown at once. */
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
