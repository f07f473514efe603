// The conversation. Scrolls to its end while a reply grows, unless the user has scrolled away.

import "../styles/answer.css";
import { signal } from "@preact/signals";
import type { VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { turns } from "../state/chat";
import { Icon } from "./icon";
import { TurnView } from "./turn";

const isAtEnd = signal(true);

export function Conversation(): VNode {
	const scroller = useRef<HTMLDivElement>(null);
	const content = useRef<HTMLDivElement>(null);
	const toEnd = () => scroller.current?.scrollTo({ top: scroller.current.scrollHeight });
	const all = turns.value;
	useEffect(() => {
		isAtEnd.value = true;
		toEnd();
	}, [all.length]);
	useEffect(() => {
		if (!content.current) return;
		const observer = new ResizeObserver(() => {
			if (isAtEnd.value) toEnd();
		});
		observer.observe(content.current);
		return () => observer.disconnect();
	}, [all.length > 0]);
	const scrolled = () => {
		const at = scroller.current;
		if (at) isAtEnd.value = at.scrollHeight - at.scrollTop - at.clientHeight < 48;
	};
	return (
		<div class="scroll-area">
			{/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys */}
			<section class="scroller" ref={scroller} onScroll={scrolled} aria-label="Conversation" tabIndex={0}>
				<div class="turns" ref={content}>
					<h2 class="hidden">Conversation</h2>
					{all.map((turn, place) => (
						<TurnView key={turn.id} turn={turn} isLast={place === all.length - 1} />
					))}
				</div>
			</section>
			{!isAtEnd.value && (
				<button type="button" class="to-end" onClick={toEnd} aria-label="To the latest">
					<Icon name="down" />
				</button>
			)}
		</div>
	);
}
