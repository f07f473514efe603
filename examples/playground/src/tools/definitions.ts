// The definitions of the page's tools. The functions are in `functions.ts`.

/** A tool without its function. */
export interface Definition {
	name: string;
	description: string;
	parameters: Record<string, unknown>;
}

export const definitions: readonly Definition[] = [
	{
		name: "get_time",
		description: "Returns the date and the time, in a time zone if one is given.",
		parameters: {
			type: "object",
			properties: {
				time_zone: {
					type: "string",
					description: "An IANA name such as Europe/Vienna.",
				},
			},
			additionalProperties: false,
		},
	},
	{
		name: "calculator",
		description:
			"Computes an arithmetic expression: + - * / % ^, parentheses, sqrt, sin, cos, tan, ln, log, abs, pi, e.",
		parameters: {
			type: "object",
			properties: { expression: { type: "string", maxLength: 500 } },
			required: ["expression"],
			additionalProperties: false,
		},
	},
	{
		name: "roll_dice",
		description: "Rolls dice.",
		parameters: {
			type: "object",
			properties: {
				count: { type: "integer", minimum: 1, maximum: 100 },
				sides: { type: "integer", minimum: 2, maximum: 1000 },
			},
			additionalProperties: false,
		},
	},
];
