// A parameter: a slider with a number, a number alone, or texts. An empty field is not sent.

import type { TargetedEvent, VNode } from "preact";
import { type Parameter, setValue, type Value, values } from "../state/settings";

/** The step of a slider over a range. */
function stepOf({ type, min = 0, max = 1 }: Parameter): number {
	if (type === "integer") return 1;
	return max - min > 2 ? 0.1 : 0.05;
}

export function ParameterField(props: { name: string; parameter: Parameter; isOff: boolean }): VNode {
	const { name, parameter, isOff } = props;
	const { type, min, max } = parameter;
	const id = `parameter-${name}`;
	const value = values.value[name];
	const top = sliderMax(name, parameter);
	const shown = Math.min(typeof value === "number" ? value : (parameter.default ?? min ?? 0), top);
	const shared = {
		id,
		disabled: isOff,
		"aria-describedby": `${id}-about`,
		onChange: (event: TargetedEvent<HTMLInputElement>) => setValue(name, read(parameter, event.currentTarget.value)),
	};
	const hasRange = min !== undefined && max !== undefined && type !== "string[]";
	return (
		<div class="parameter" data-off={isOff}>
			<label for={id} title={parameter.about}>
				{name}
			</label>
			{type === "string[]" ? (
				<input {...shared} type="text" class="wide" placeholder="texts, with commas between" value={textOf(value)} />
			) : (
				<input
					{...shared}
					type="number"
					inputMode="decimal"
					placeholder="not sent"
					min={min}
					max={max}
					step={type === "integer" ? 1 : "any"}
					value={textOf(value)}
				/>
			)}
			{hasRange && (
				// The number field serves keyboards and screen readers.
				<input
					type="range"
					tabIndex={-1}
					aria-hidden="true"
					disabled={isOff}
					min={min}
					max={top}
					step={stepOf(parameter)}
					value={shown}
					style={{ "--at": `${((shown - min) / (top - min)) * 100}%` }}
					data-unset={value === undefined}
					onInput={(event) => setValue(name, Number(event.currentTarget.value))}
				/>
			)}
			<p class="about" id={`${id}-about`}>
				{isOff ? "Not in this format." : parameter.about.split(";")[0]}
			</p>
		</div>
	);
}

function textOf(value: Value): string {
	return Array.isArray(value) ? value.join(", ") : `${value ?? ""}`;
}

/** The slider's maximum: over a whole context, its steps would be hundreds of tokens. The number field has no such limit. */
function sliderMax(name: string, { max = 1 }: Parameter): number {
	return name === "max_tokens" ? Math.min(max, 8192) : max;
}

function read({ type, min = -Infinity, max = Infinity }: Parameter, text: string): Value {
	if (type === "string[]") {
		const texts = text.split(",").map((one) => one.trim());
		return texts.filter(Boolean).slice(0, max);
	}
	const value = Number(text);
	if (text.trim() === "" || !Number.isFinite(value)) return undefined;
	const within = Math.min(Math.max(value, min), max);
	return type === "integer" ? Math.round(within) : within;
}
