// A choice of a few values: radio buttons that look like one control.

import type { VNode } from "preact";

export function Choice<Name extends string>(props: {
	label: string;
	name: string;
	options: readonly (readonly [name: Name, words: string, isOff?: boolean])[];
	chosen: Name;
	onChoose: (name: Name) => void;
}): VNode {
	return (
		<fieldset class="choice">
			<legend class="hidden">{props.label}</legend>
			{props.options.map(([name, words, isOff]) => (
				<label>
					<input
						type="radio"
						name={props.name}
						value={name}
						checked={name === props.chosen}
						disabled={isOff}
						onChange={() => props.onChoose(name)}
					/>
					<span>{words}</span>
				</label>
			))}
		</fieldset>
	);
}
