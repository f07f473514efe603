// A message and its reply.

import type { VNode } from "preact";
import { edit, isRunning, retry, type Turn } from "../state/chat";
import { Banner } from "./banner";
import { CopyButton } from "./copy-button";
import { Icon } from "./icon";
import { Meters } from "./meters";
import { PartView } from "./part";

export function TurnView({ turn, isLast }: { turn: Turn; isLast: boolean }): VNode {
	const { answer, prompt } = turn;
	const state = answer.state.value;
	const isGrowing = state === "waiting" || state === "streaming";
	const parts = answer.parts.value;
	const isQuiet = state === "waiting" || (state === "streaming" && parts.length === 0);
	return (
		<article class="turn" data-state={state} aria-label={`Question: ${prompt.slice(0, 80)}`}>
			<div class="prompt">
				<span class="hidden">You: </span>
				<p>{prompt}</p>
			</div>
			<div class="answer" aria-busy={isGrowing}>
				<span class="hidden">Answer of {answer.model}: </span>
				{parts.map((part, place) => (
					<PartView part={part} isOpen={isGrowing && place === parts.length - 1} />
				))}
				{isQuiet && (
					<p class="waiting">
						<span class="dots" aria-hidden="true">
							<i />
							<i />
							<i />
						</span>
						<span class="hidden">Waiting for the first token</span>
					</p>
				)}
				{state === "done" && parts.length === 0 && <p class="note">The model said nothing.</p>}
				{answer.problem.value && <Banner problem={answer.problem.value} onRetry={() => retry(turn)} />}
				<footer>
					{state === "stopped" && <span class="badge">stopped</span>}
					{answer.measured.value.finish === "length" || answer.measured.value.finish === "max_tokens" ? (
						<span class="badge" title="Raise max_tokens for more">
							cut at max_tokens
						</span>
					) : null}
					<Meters answer={answer} />
					{!isGrowing && (
						<span class="buttons">
							{answer.text !== "" && <CopyButton text={() => answer.text} label="Copy answer" />}
							{isLast && !isRunning.value && (
								<>
									<button type="button" class="tiny" onClick={() => edit(turn)} aria-label="Edit the question">
										<Icon name="pencil" />
										<span>Edit</span>
									</button>
									{!answer.problem.value && (
										<button type="button" class="tiny" onClick={() => retry(turn)}>
											<Icon name="retry" />
											<span>Retry</span>
										</button>
									)}
								</>
							)}
						</span>
					)}
				</footer>
			</div>
		</article>
	);
}
