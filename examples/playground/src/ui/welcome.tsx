// The page before the first message: a description of the model, and suggested prompts.

import type { VNode } from "preact";
import { catalog } from "../engine/engine";
import { draft, send } from "../state/chat";
import { entry, model, prompts } from "../state/settings";
import { Icon } from "./icon";

export function Welcome(): VNode {
	const known = entry.value;
	const [name = "", maker] = (known?.name ?? model.value).split(/: (.*)/, 2).toReversed();
	const ask = (prompt: string) => {
		draft.value = prompt;
		send();
	};
	return (
		<div class="scroller welcome">
			<div class="inner">
				{maker && <p class="maker">{maker}</p>}
				<h2>{name}</h2>
				<p class="about">{known?.about ?? "Ask it something, and watch the answer come token by token."}</p>
				{known && (
					<dl class="facts">
						{known.prices && (
							<>
								<Fact name="Input" value={`$${known.prices.input}`} unit="/ 1M tokens" />
								<Fact name="Output" value={`$${known.prices.output}`} unit="/ 1M tokens" />
							</>
						)}
						{known.context_window && (
							<Fact name="Context" value={`${Math.round(known.context_window / 1024)}k`} unit="tokens" />
						)}
						{known.weights && <Fact name="Weights" value={known.weights === "open" ? "Open" : "Closed"} />}
					</dl>
				)}
				<ul class="chips" aria-label="Prompts to try" data-ready={catalog.value !== undefined}>
					{prompts.value.map((prompt) => (
						<li>
							<button type="button" onClick={() => ask(prompt)}>
								<span>{prompt}</span>
								<Icon name="arrow" />
							</button>
						</li>
					))}
				</ul>
			</div>
		</div>
	);
}

function Fact({ name, value, unit }: { name: string; value: string; unit?: string }): VNode {
	return (
		<div>
			<dt>{name}</dt>
			<dd>
				{value} {unit && <small>{unit}</small>}
			</dd>
		</div>
	);
}
