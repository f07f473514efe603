// Functions that models call: what the model is told of them, and what becomes of a call.
//
// Law: what a model did wrong goes back to the model; what a function does wrong too, unless the caller wants to know.

import { cancelledError, createError } from "../binding/errors.js";
import { assist } from "../binding/operations.js";
import type { ChatCompletion, Message } from "../generated/types.js";
import type { RequestOptions } from "../requests/options.js";
import {
	type Compiled,
	compile,
	type JsonSchema,
	lines,
	type SchemaOutput,
	type StandardSchema,
} from "../structured/schema.js";
import { withDeadline } from "./deadline.js";

/** What a function is told besides its arguments. */
export interface ToolContext {
	/** The provider's id of the call. */
	id: string;
	/** Aborted when the run ends early, or the call takes too long. */
	signal: AbortSignal;
}

/** A function that a model may call. */
export interface Tool {
	name: string;
	/** What it does, for the model. */
	description?: string | undefined;
	/** What it takes. */
	parameters: StandardSchema | JsonSchema;
	/** Whether the endpoint shall hold the model to the schema. */
	strict?: boolean | undefined;
	/** Gives a text, or what becomes JSON. */
	run(this: void, args: never, context: ToolContext): unknown;
}

/** Makes a function a tool; the types of its arguments come from the schema. */
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

/** How a run goes. */
export interface RunOptions extends RequestOptions {
	/** How often the model is asked at most. Default 10. */
	maxSteps?: number | undefined;
	/** Whether a function's error is the call's result (default), or ends the run with a `ToolRunError`. */
	onToolError?: "return" | "raise" | undefined;
	/** How long a call may take, in milliseconds; the result of one that takes longer says so. Default: no limit. */
	toolTimeout?: number | undefined;
}

/** A call that the model made. */
export interface ToolCallEvent {
	/** `tool.start` before it runs, `tool.done` after. */
	type: "tool.start" | "tool.done";
	/** The provider's id of the call. */
	id: string;
	name: string;
	/** What the model gave; nothing where that was no JSON object. */
	arguments: Record<string, unknown> | undefined;
}

/** What a run tells of a call; once it is done, with what the model is told. */
export type ToolEvent =
	| (ToolCallEvent & { type: "tool.start" })
	| (ToolCallEvent & { type: "tool.done"; result?: string; error?: string });

/** A call, as the core finds it in a reply. */
export interface Call {
	id: string;
	name: string;
	arguments?: Record<string, unknown>;
	problem?: string;
}

/** A call with what it gave, in words for the model. */
export interface Outcome extends Call {
	content: string;
	is_error: boolean;
}

interface Known extends Compiled {
	tool: Tool;
}

/** Tools that can be run, by name. */
export class Toolbox {
	readonly #known = new Map<string, Known>();
	/** Those without a function: the provider's, or the caller's own. */
	readonly foreign: Record<string, unknown>[] = [];

	/** Makes tools ready. Rejects with an `InvalidRequestError` where a schema can't be written as JSON Schema. */
	static async of(given: readonly (Tool | object)[]): Promise<Toolbox> {
		const box = new Toolbox();
		for (const tool of given as (Tool & Record<string, unknown>)[]) {
			if (typeof tool.run === "function") box.#known.set(tool.name, { ...(await compile(tool.parameters)), tool });
			else box.foreign.push(tool);
		}
		return box;
	}

	/** The tools as the core takes them. */
	definitions(): object[] {
		return [...this.#known.values()].map(({ tool, schema, description }) => ({
			name: tool.name,
			description: tool.description ?? description,
			parameters: schema,
			strict: tool.strict,
		}));
	}

	/** Whether one of the calls is of a tool that isn't run here. */
	isForeign(calls: readonly Call[]): boolean {
		const names = this.foreign.map((tool) => ((tool.function ?? tool) as { name?: unknown }).name);
		return calls.some(({ name }) => !this.#known.has(name) && names.includes(name));
	}

	/** Runs calls at once, and tells of each as it ends. */
	async *answered(
		calls: Call[],
		reply: ChatCompletion | Message | null,
		end: AbortSignal,
		options: RunOptions,
	): AsyncGenerator<ToolEvent, Outcome[], undefined> {
		for (const { id, name, arguments: args } of calls) yield { type: "tool.start", id, name, arguments: args };
		const outcomes: Outcome[] = [];
		const running = new Map(
			calls.map((call, place) => [place, this.#run(call, reply, end, options).then((out) => ({ out, place }))]),
		);
		// Where one fails the run, nobody waits for the others.
		for (const one of running.values()) one.catch(() => undefined);
		while (running.size > 0) {
			const { out, place } = await Promise.race(running.values());
			running.delete(place);
			outcomes[place] = out;
			const { id, name, arguments: args, content, is_error } = out;
			const call = { type: "tool.done", id, name, arguments: args } as const;
			yield is_error ? { ...call, error: content } : { ...call, result: content };
		}
		return outcomes;
	}

	async #run(
		call: Call,
		reply: ChatCompletion | Message | null,
		end: AbortSignal,
		{ onToolError, toolTimeout }: RunOptions,
	): Promise<Outcome> {
		const wrong = (content: string): Outcome => ({ ...call, content, is_error: true });
		const known = this.#known.get(call.name);
		if (call.problem !== undefined || !known) return wrong(call.problem ?? "");
		const { value, faults } = await known.validate(call.arguments);
		if (faults) return wrong(`the arguments don't fit ${call.name}:\n${lines(faults)}`);
		const late = toolTimeout === undefined ? undefined : timedOut(call.name, toolTimeout);
		try {
			const work = (signal: AbortSignal) => known.tool.run(value as never, { id: call.id, signal });
			const result = await withDeadline(work, end, toolTimeout, late ?? "");
			const content = typeof result === "string" ? result : JSON.stringify(result ?? null);
			return { ...call, content, is_error: false };
		} catch (error) {
			if (end.aborted) throw cancelledError(reply);
			// A result like any other: a function that is late does not end the run.
			if (late !== undefined && (error as Error | undefined)?.message === late) return wrong(late);
			const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
			if (onToolError !== "raise") return wrong(text);
			throw Object.assign(createError("ToolRunError", `the tool ${call.name} failed: ${text}`, reply), {
				cause: error,
			});
		}
	}
}

/** The result of a call that takes longer than this, as the model reads it in every language. */
function timedOut(name: string, milliseconds: number): string {
	return assist<{ content: string }>("timed_out", { name, seconds: milliseconds / 1000 }).content;
}
