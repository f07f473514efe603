// Recognises objects that the helpers of the official packages return, by their members. `official.ts` converts them.

import type { RequestOptions } from "../requests/options.js";

export type Parser = (value: unknown) => unknown;

/** A format or a tool of the official packages. */
export interface Helper extends Record<string, unknown> {
	$parseRaw?: (text: string) => unknown;
	$callback?: unknown;
	parse?: Parser;
}

/** The parser of JSON text that a format of `zodResponseFormat`, `zodOutputFormat` or `jsonSchemaOutputFormat` has. */
export function parserOf(format: unknown): ((text: string) => unknown) | undefined {
	const { $parseRaw, parse, type } = (format ?? {}) as Helper;
	const parser = $parseRaw ?? (type === "json_schema" ? parse : undefined);
	return typeof parser === "function" ? parser : undefined;
}

/** Whether a tool is one of `zodFunction`, `betaTool` or `betaZodTool`, or has a function as `runTools` of the package `openai` takes it. */
export function isHelperTool(tool: unknown): boolean {
	const { $callback, function: called, input_schema, run } = (tool ?? {}) as Helper;
	const callback = $callback ?? (called as Helper | undefined)?.function ?? (input_schema && run);
	return typeof callback === "function";
}

/** Whether the format of a body has a parser. */
function hasParser(body: object): boolean {
	return parserOf((body as { output_config?: { format?: unknown } }).output_config?.format) !== undefined;
}

/** Whether a body contains functions of the official packages' helpers, which are not sent. */
export function hasHelpers(body: object): boolean {
	const { tools } = body as { tools?: unknown };
	return hasParser(body) || (Array.isArray(tools) && tools.some(isHelperTool));
}

/** Returns a body as it is sent, without the functions of the official packages' helpers. */
export async function toSent(body: object): Promise<object> {
	return hasHelpers(body) ? (await import("./official.js")).toSent(body, hasParser(body)) : body;
}

/** Returns a body and options with the body's `betas` as a header. */
export function withBetas<O extends RequestOptions>(body: object, options: O | undefined): [object, O | undefined] {
	const { betas, ...rest } = body as { betas?: string[] };
	if (!Array.isArray(betas)) return [body, options];
	const headers = { "anthropic-beta": betas.join(","), ...options?.headers };
	return [rest, { ...options, headers } as unknown as O];
}
