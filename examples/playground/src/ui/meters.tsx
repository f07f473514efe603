// The measurements of a reply.

import type { VNode } from "preact";
import type { Answer } from "../state/answer";
import { dollars } from "./dollars";

/** Formats milliseconds. */
function time(milliseconds: number): string {
	return milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
}

export function Meters({ answer }: { answer: Answer }): VNode {
	const { inputTokens, outputTokens, isCounted, firstToken, speed, cost } = answer.measured.value;
	const state = answer.state.value;
	if (state === "waiting" || (state === "failed" && outputTokens === 0)) return <span class="meters" />;
	return (
		<dl class="meters">
			{firstToken !== undefined && <Meter name="First token" short="first" value={time(firstToken)} />}
			{speed !== undefined && (
				<Meter name="Speed" short="speed" value={`${speed < 10 ? speed.toFixed(1) : Math.round(speed)} tok/s`} />
			)}
			{inputTokens !== undefined && <Meter name="Input tokens" short="in" value={inputTokens.toLocaleString("en")} />}
			<Meter name="Output tokens" short="out" value={`${isCounted ? "" : "≈ "}${outputTokens.toLocaleString("en")}`} />
			{cost !== undefined && <Meter name="Cost" short="cost" value={cost === null ? "unknown" : dollars(cost)} />}
		</dl>
	);
}

function Meter({ name, short, value }: { name: string; short: string; value: string }): VNode {
	return (
		<div title={name} data-meter={short}>
			<dt>{name}</dt>
			<dd>{value}</dd>
		</div>
	);
}
