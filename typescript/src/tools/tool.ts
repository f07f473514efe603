// Functions as tools: their definition, and the options of a run.

import type { CoreRunOptions } from "../generated/options.js";
import type { ToolEvent } from "../generated/types.js";
import type { RequestOptions } from "../requests/options.js";
import { isHelperTool } from "../structured/helpers.js";
import type { JsonSchema, SchemaOutput, StandardSchema } from "../structured/schema.js";

/** The second argument of a tool's function. */
export interface ToolContext {
	/** The provider's id of the call. */
	id: string;
	/** Aborted when the run ends early, and when the time limit of the call has passed. */
	signal: AbortSignal;
	/** The run. */
	runner?: unknown;
}

/** A function that a model can call. */
export interface Tool {
	name: string;
	/** What the function does, for the model. */
	description?: string | undefined;
	/** The schema of the arguments. */
	parameters: StandardSchema | JsonSchema;
	/** Whether the endpoint enforces the schema. */
	strict?: boolean | undefined;
	/** Returns a string, or a value that is sent as JSON. */
	run(this: void, args: never, context: ToolContext): unknown;
}

/** Defines a tool; the types of the function's arguments come from the schema. */
export function tool<S extends StandardSchema>(
	definition: Omit<Tool, "parameters" | "run"> & {
		parameters: S;
		run: (args: SchemaOutput<S>, context: ToolContext) => unknown;
	},
): Tool;
export function tool<Args = Record<string, unknown>>(
	definition: Omit<Tool, "parameters" | "run"> & {
		parameters: JsonSchema;
		run: (args: Args, context: ToolContext) => unknown;
	},
): Tool;
export function tool(definition: Tool): Tool {
	return definition;
}

/** Whether a tool has a function. Others are run by the provider, or by the caller. */
export function isFunction(tool: Tool | object): tool is Tool {
	return typeof (tool as Partial<Tool>).run === "function";
}

/** Whether a tool has a function: of its own, or as the helpers of the official packages define it. */
export function hasFunction(tool: Tool | object): boolean {
	return isFunction(tool) || isHelperTool(tool);
}

/** The options of a run. */
export interface RunOptions extends RequestOptions, CoreRunOptions {
	/** Time limit of a call, in milliseconds; the result of a call that takes longer says so. Default: none. */
	toolTimeout?: number | undefined;
}

/** An event of a call that the model made: `tool.start` before it runs, `tool.done` after. */
export type ToolCallEvent = ToolEvent;
