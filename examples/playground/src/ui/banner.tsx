// An error, and what to do about it.

import type { VNode } from "preact";
import { useEffect, useState } from "preact/hooks";
import { isRunning } from "../state/chat";
import { openPanel } from "../state/panel";
import type { Problem } from "../state/problem";
import { Icon } from "./icon";

const fields = {
	key: "Change the key",
	endpoint: "Change the endpoint",
	schema: "Change the schema",
} as const;

export function Banner({ problem, onRetry }: { problem: Problem; onRetry: () => void }): VNode {
	const { title, detail, hint, field, request, wait } = problem;
	const [left, setLeft] = useState(() => Math.ceil((wait ?? 0) / 1000));
	useEffect(() => {
		if (left <= 0) return;
		const timer = setTimeout(() => setLeft(left - 1), 1000);
		return () => clearTimeout(timer);
	}, [left]);
	return (
		<div class="banner">
			<Icon name="warn" />
			<div>
				<div role="alert">
					<strong>{title}</strong>
					<p class="detail">{detail.length > 600 ? `${detail.slice(0, 600)}…` : detail}</p>
					<p class="hint">{hint}</p>
				</div>
				{request && (
					<p class="request">
						Request <code>{request}</code>
					</p>
				)}
				<div class="buttons">
					<button type="button" class="button" onClick={onRetry} disabled={isRunning.value}>
						<Icon name="retry" />
						<span>Retry</span>
					</button>
					{field && (
						<button type="button" class="button plain" onClick={() => openPanel("settings", `field-${field}`)}>
							{fields[field]}
						</button>
					)}
					{left > 0 && <span class="note">The endpoint asks to wait {left} s.</span>}
				</div>
			</div>
		</div>
	);
}
