// A block of code with a button that copies it.

import "../styles/prose.css";
import type { VNode } from "preact";
import { Clipped } from "./clipped";
import { CopyButton } from "./copy-button";

export function Code({ text, language }: { text: string; language: string }): VNode {
	return (
		<figure class="code">
			<figcaption>
				<span>{language || "text"}</span>
				<CopyButton text={() => text} label="Copy code" />
			</figcaption>
			{/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys */}
			<pre tabIndex={0}>
				<code>
					<Clipped text={text} />
				</code>
			</pre>
		</figure>
	);
}
