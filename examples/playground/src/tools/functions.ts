// The functions of the page's tools.
//
// They run in the page, access nothing outside it and change nothing. Loaded when a tool is switched on.

import type { Tool } from "trilogue";
import { calculate } from "./calculate";
import { definitions } from "./definitions";

const runs: Readonly<Record<string, (args: Record<string, unknown>) => unknown>> = {
	get_time: ({ time_zone }) => timeIn(typeof time_zone === "string" && time_zone ? time_zone : undefined),
	calculator: ({ expression }) => ({ result: calculate(String(expression)) }),
	roll_dice: ({ count = 1, sides = 6 }) => roll(Number(count), Number(sides)),
};

export const functions: readonly Tool[] = definitions.map((definition) => ({
	...definition,
	run: runs[definition.name] as Tool["run"],
}));

function timeIn(zone: string | undefined): object {
	const now = new Date();
	const format = new Intl.DateTimeFormat("en-GB", {
		timeZone: zone,
		dateStyle: "full",
		timeStyle: "long",
	});
	return {
		time: format.format(now),
		time_zone: format.resolvedOptions().timeZone,
		iso: now.toISOString(),
	};
}

function roll(count: number, sides: number): object {
	const rolls = [...crypto.getRandomValues(new Uint32Array(count))].map((random) => (random % sides) + 1);
	return { rolls, sum: rolls.reduce((sum, one) => sum + one, 0) };
}
