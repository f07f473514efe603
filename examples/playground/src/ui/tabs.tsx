// Tabs: a single tab stop; arrow keys move.

import type { ComponentChildren, VNode } from "preact";

export function Tabs<Name extends string>(props: {
	label: string;
	/** The prefix of the ids. */
	name: string;
	tabs: Readonly<Record<Name, string>>;
	chosen: Name;
	onChoose: (name: Name) => void;
	beside?: ComponentChildren;
	children: ComponentChildren;
}): VNode {
	const { name, tabs, chosen, onChoose } = props;
	const names = Object.keys(tabs) as Name[];
	const keys = (event: KeyboardEvent) => {
		const moves: Record<string, number> = {
			ArrowRight: 1,
			ArrowLeft: -1,
			Home: -names.indexOf(chosen),
			End: -1 - names.indexOf(chosen),
		};
		const move = moves[event.key];
		if (move === undefined) return;
		event.preventDefault();
		const next = names[(names.indexOf(chosen) + move + names.length) % names.length] as Name;
		onChoose(next);
		document.getElementById(`${name}-tab-${next}`)?.focus();
	};
	return (
		<>
			<div class="tab-row">
				<div class="tabs" role="tablist" aria-label={props.label} onKeyDown={keys}>
					{names.map((one) => (
						<button
							type="button"
							role="tab"
							id={`${name}-tab-${one}`}
							aria-selected={one === chosen}
							aria-controls={`${name}-panel`}
							tabIndex={one === chosen ? 0 : -1}
							onClick={() => onChoose(one)}
						>
							{tabs[one]}
						</button>
					))}
				</div>
				{props.beside}
			</div>
			<div class="tab-panel" role="tabpanel" id={`${name}-panel`} aria-labelledby={`${name}-tab-${chosen}`}>
				{props.children}
			</div>
		</>
	);
}
