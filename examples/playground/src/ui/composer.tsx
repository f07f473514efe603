// The composer. Enter sends, Shift+Enter inserts a line break; while a reply arrives, the button stops it.

import type { VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { draft, isRunning, send, stop, turns, withTools } from "../state/chat";
import { hasKey } from "../state/key";
import { openPanel } from "../state/panel";
import { baseURL, format, output } from "../state/settings";
import { isNarrow } from "../state/surroundings";
import { dollars } from "./dollars";
import { Icon } from "./icon";

export function Composer(): VNode {
	const field = useRef<HTMLTextAreaElement>(null);
	const isBusy = isRunning.value;
	const isReady = draft.value.trim() !== "";
	useEffect(() => {
		// On a phone this would open the keyboard.
		if (!isBusy && !isNarrow.value && document.activeElement === document.body) field.current?.focus();
	}, [isBusy]);
	const keys = (event: KeyboardEvent) => {
		if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
		event.preventDefault();
		if (!isBusy) send();
	};
	return (
		<form
			class="composer"
			onSubmit={(event) => {
				event.preventDefault();
				if (isBusy) stop();
				else send();
			}}
		>
			<div class="box">
				<textarea
					id="composer"
					ref={field}
					rows={1}
					aria-label="Prompt"
					aria-describedby="composer-note"
					placeholder="Ask anything"
					value={draft.value}
					onInput={(event) => {
						draft.value = event.currentTarget.value;
					}}
					onKeyDown={keys}
				/>
				<button
					type="submit"
					class="send"
					data-busy={isBusy}
					aria-label={isBusy ? "Stop" : "Send"}
					disabled={!isBusy && !isReady}
				>
					<Icon name={isBusy ? "stop" : "arrow"} />
				</button>
			</div>
			<p class="under" id="composer-note">
				<Modes />
				<Total />
			</p>
		</form>
	);
}

/** The settings of the next request. */
function Modes(): VNode {
	const isLocal = /^https?:\/\/(127\.0\.0\.1|localhost|\[::1\])(:|\/|$)/.test(baseURL.value);
	return (
		<span class="modes">
			{!isLocal && !hasKey.value && (
				<button type="button" class="link" onClick={() => openPanel("settings", "field-key")}>
					Add your key
				</button>
			)}
			<span>{format.value === "chat" ? "OpenAI format" : "Anthropic format"}</span>
			{output.value !== "text" && <span>JSON</span>}
			{withTools.value && <span>tools</span>}
		</span>
	);
}

/** The cost and the tokens of all replies of the conversation. */
function Total(): VNode | null {
	const answers = turns.value.map(({ answer }) => answer.measured.value);
	if (answers.length < 2) return <span class="keys">Enter sends, Shift + Enter makes a line</span>;
	const tokens = answers.reduce((sum, one) => sum + (one.inputTokens ?? 0) + one.outputTokens, 0);
	const cost = answers.reduce((sum, one) => sum + Number(one.cost ?? 0), 0);
	return (
		<span>
			{tokens.toLocaleString("en")} tokens
			{cost > 0 && `, ${dollars(String(cost))}`} in this chat
		</span>
	);
}
