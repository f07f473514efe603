// The tools of a run: their definitions, and calls of their functions.
//
// The core writes the results for the model and the events for the caller.

import { answersReady } from "../binding/binding.js";
import { cancelledError } from "../binding/errors.js";
import { answerOperation } from "../binding/operations.js";
import { APIError } from "../generated/errors.js";
import type { AnswerOperations, Call, Tool as Definition, Outcome } from "../generated/operations.js";
import type { ChatCompletion, ToolEvent } from "../generated/types.js";
import { describeError } from "../observers/describe-error.js";
import { type RunTrace, runTool } from "../observers/exporters.js";
import { findUnrepresentable } from "../requests/json.js";
import { isHelperTool } from "../structured/helpers.js";
import type { OfficialTool } from "../structured/official.js";
import { type Compiled, compile, parsedWith } from "../structured/schema.js";
import { withDeadline } from "./deadline.js";
import { isFunction, type RunOptions, type Tool } from "./tool.js";

interface ToolFunction extends Compiled {
	tool: Tool;
	/** The tool of an official package that it was. */
	official: OfficialTool | undefined;
}

/** How a call ended. */
type CallEnd = Omit<AnswerOperations["finish_call"]["input"], "call">;

/** The outcome of a call, and its event. */
interface Finished {
	outcome: Outcome;
	event: ToolEvent;
}

/** The tools of a run, by name. */
export class Toolbox {
	readonly #functions = new Map<string, ToolFunction>();
	/** The definitions of tools without a function, which the provider or the caller runs. */
	readonly provided: object[] = [];
	/** The definitions of functions that are sent as the caller wrote them, by name. */
	readonly written = new Map<string, object>();

	/** Prepares tools. Rejects with an `InvalidRequestError` if a schema cannot be converted to JSON Schema. */
	static async of(tools: readonly (Tool | object)[]): Promise<Toolbox> {
		const box = new Toolbox();
		for (const tool of tools) {
			const official = isHelperTool(tool) ? (await import("../structured/official.js")).fromOfficial(tool) : undefined;
			if (official) box.written.set(official.tool.name, official.definition);
			const called = official ? { ...official.tool, parameters: parsedWith(official.schema, official.parse) } : tool;
			if (isFunction(called)) {
				box.#functions.set(called.name, { ...(await compile(called.parameters)), tool: called, official });
			} else box.provided.push(tool);
		}
		if (box.#functions.size > 0) await answersReady();
		return box;
	}

	/** The functions as the core reads them. */
	get definitions(): Definition[] {
		return [...this.#functions.values()].map(({ tool, schema }) => {
			const { description } = schema;
			const text = tool.description ?? (typeof description === "string" ? description : null);
			return { name: tool.name, description: text || null, parameters: schema, strict: tool.strict ?? null };
		});
	}

	/** Runs calls concurrently. Yields the event of each call when it ends, and returns the outcomes in the order of the calls. */
	async *run(
		calls: Call[],
		reply: unknown,
		end: AbortSignal,
		options: RunOptions & { runner?: unknown; trace?: RunTrace },
	): AsyncGenerator<ToolEvent, Outcome[], undefined> {
		const outcomes: Outcome[] = [];
		const running = new Map(
			calls.map((call, index) => [
				index,
				this.#call(call, reply, end, options).then((finished) => ({ ...finished, index })),
			]),
		);
		// If one of them ends the run, the rejections of the others must not count as unhandled.
		for (const one of running.values()) one.catch(() => undefined);
		while (running.size > 0) {
			const { outcome, event, index } = await Promise.race(running.values());
			running.delete(index);
			outcomes[index] = outcome;
			yield event;
		}
		return outcomes;
	}

	async #call(
		call: Call,
		reply: unknown,
		end: AbortSignal,
		{ onToolError, toolTimeout, runner, trace }: RunOptions & { runner?: unknown; trace?: RunTrace },
	): Promise<Finished> {
		const finish = (how: CallEnd) => answerOperation("finish_call", { call, ...how }) as Finished;
		const called = this.#functions.get(call.name);
		if (call.problem !== undefined || !called) return finish({});
		const { value: args, faults } = await called.validate(
			called.official?.readsText ? textOf(call, reply) : call.arguments,
		);
		if (faults) return finish({ problems: faults });
		const work = async (signal: AbortSignal) =>
			resultOf(await called.tool.run(args as never, { id: call.id, signal, runner }));
		let result: Awaited<ReturnType<typeof work>> | undefined;
		let failure: unknown;
		try {
			result = await runTool(trace, call, () => withDeadline(work, end, toolTimeout));
			if (!result) return finish({ seconds: (toolTimeout as number) / 1000 });
		} catch (error) {
			if (end.aborted) throw cancelledError(reply);
			failure = error;
		}
		if (!result) {
			const { name, message } = describeError(failure);
			const text = failure instanceof Error ? `${name}: ${message}` : message;
			try {
				return finish({ failure: text, on_tool_error: onToolError });
			} catch (error) {
				throw error instanceof APIError ? Object.assign(error, { cause: failure, partial: reply }) : error;
			}
		}
		const { value, text } = result;
		if (!called.official?.returnsBlocks || !Array.isArray(value)) return finish({ result: text });
		const { outcome, event } = finish({ result: "" });
		return { outcome: { ...outcome, content: value }, event: { ...event, result: text } as ToolEvent };
	}
}

/** The result of a function, and its text for the model. Throws a `TypeError` for a value that JSON cannot represent. */
function resultOf(value: unknown): { value: unknown; text: string } {
	if (typeof value === "string") return { value, text: value };
	const found = findUnrepresentable(value ?? null);
	if (found) throw new TypeError(`${found.path || "the result"} ${found.why}`);
	return { value, text: JSON.stringify(value ?? null) };
}

/** The arguments of a call as the model wrote them. */
function textOf({ id, arguments: value }: Call, reply: unknown): string {
	const { choices } = (reply ?? {}) as Partial<ChatCompletion>;
	const written = choices?.[0]?.message.tool_calls?.find((call) => call.id === id);
	return written?.function?.arguments ?? JSON.stringify(value);
}
