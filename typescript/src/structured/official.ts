// Conversion of objects that the helpers of the official packages return: formats and tools with their own parsers.
//
// Their definitions are sent as they are, without their functions. Loaded with the first such object (`helpers.ts`).

import type { Tool, ToolContext } from "../tools/tool.js";
import type { Helper, Parser } from "./helpers.js";
import type { JsonSchema } from "./schema.js";

type Fields = Record<string, unknown>;

/** A tool of this package for one of the official packages, and how it is defined in requests. */
export interface OfficialTool {
	tool: Omit<Tool, "parameters">;
	/** The JSON Schema of the arguments. */
	schema: JsonSchema;
	parse: Parser;
	definition: object;
	/** Whether the parser reads the JSON text of the arguments, and not their value. */
	readsText: boolean;
	/** Whether the function may return content blocks. */
	returnsBlocks: boolean;
}

/**
 * Converts a tool with a function: one of `betaTool`, `betaZodTool`, `zodFunction`, or a definition of `runTools` of the package `openai`.
 * Returns undefined for any other tool.
 */
export function fromOfficial(tool: object): OfficialTool | undefined {
	const { input_schema, run, parse, $callback, $parseRaw, function: called } = tool as Helper;
	if (input_schema && typeof run === "function") return fromMessages(tool as Helper, run as Runner, parse);
	const inner = (called ?? {}) as Helper;
	const callback = ($callback ?? inner.function) as ((args: unknown, runner: unknown) => unknown) | undefined;
	if (typeof callback !== "function") return undefined;
	const parseText = $parseRaw ?? (inner.parse as ((text: string) => unknown) | undefined);
	const schema = (inner.parameters ?? { type: "object", properties: {} }) as JsonSchema;
	// Without a parser, the function gets the JSON text.
	const read = (text: unknown) => (parseText ? parseText(text as string) : text);
	const name = (inner.name ?? callback.name) as string;
	const { function: _call, parse: _parse, ...definition } = inner;
	return {
		tool: {
			name,
			description: inner.description as string | undefined,
			run: (args: never, { runner }: ToolContext) => callback(args, runner),
		},
		schema,
		parse: read,
		definition: { type: "function", function: { ...definition, name } },
		readsText: true,
		returnsBlocks: false,
	};
}

type Runner = (args: unknown, context: object) => unknown;

function fromMessages(tool: Helper, run: Runner, parse: Parser = (value) => value): OfficialTool {
	const { name, description, input_schema } = tool as { name: string; description?: string; input_schema: JsonSchema };
	return {
		tool: {
			name,
			description,
			run: (args: never, { id, signal }: ToolContext) => {
				const toolUse = { type: "tool_use", id, name, input: args };
				return run(args, { toolUse, toolUseBlock: toolUse, signal });
			},
		},
		schema: input_schema,
		parse,
		definition: withoutFunctions(tool),
		readsText: false,
		returnsBlocks: true,
	};
}

function withoutFunctions(object: object): Fields {
	return Object.fromEntries(Object.entries(object).filter(([, value]) => typeof value !== "function"));
}

/**
 * Returns a body as it is sent: without the functions of formats and tools of the official packages. `hasParser`: whether its format is such a
 * format.
 */
export function toSent(body: object, hasParser: boolean): object {
	const { output_config, tools } = body as { output_config?: { format?: object }; tools?: object[] };
	const sent: Fields = {};
	if (hasParser) {
		sent.output_config = { ...output_config, format: withoutFunctions(output_config?.format as object) };
	}
	if (Array.isArray(tools)) {
		const definitions = tools.map((tool) => fromOfficial(tool)?.definition);
		if (definitions.some(Boolean)) sent.tools = tools.map((tool, index) => definitions[index] ?? tool);
	}
	return { ...body, ...sent };
}

/** Sets the arguments of a completion's calls as `parsed_arguments`: of strict functions, and of those with a parser. */
export function parseCalls(reply: object, tools: unknown): void {
	const { choices } = reply as { choices?: { message: { tool_calls?: { function?: Fields }[] } }[] };
	for (const { message } of choices ?? []) {
		for (const { function: call } of message.tool_calls ?? []) {
			if (!call) continue;
			const tool = (tools as Helper[] | undefined)?.find?.(
				(one) => (one.function as Fields | undefined)?.name === call.name,
			);
			const isStrict = (tool?.function as Fields | undefined)?.strict === true;
			const parse = tool?.$parseRaw ?? (isStrict ? JSON.parse : () => null);
			call.parsed_arguments = parse(call.arguments as string);
		}
	}
}
