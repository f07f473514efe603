// The loop of a run: sends requests, runs the functions that the model calls, and sends their results, until the model answers.
//
// What follows a reply is decided by the core, whose state a `RunState` holds; `toolbox.ts` runs functions.

import { createError } from "../binding/errors.js";
import type { Call, Outcome } from "../generated/operations.js";
import type { ChatCompletion, Message, MessageUsage, ToolEvent, Usage } from "../generated/types.js";
import { type RunTrace, runTrace } from "../observers/exporters.js";
import { onAbort } from "../requests/abort.js";
import type { SentOptions } from "../requests/options.js";
import type { RunOptions } from "./tool.js";
import type { Toolbox } from "./toolbox.js";

/** A reply of either format. */
export type Reply = ChatCompletion | Message;

/** What a run does next: send a request, run calls, continue with the next step, or end. */
export interface Step {
	next: "request" | "calls" | "continue" | "done";
	calls: Call[];
	/** The events of the calls that begin. */
	events: unknown[];
}

/** The state of a run in the core. */
export interface RunState<Event, Final extends Reply> {
	/** Starts the run and returns its tools. */
	start(): Promise<Toolbox>;
	/** The next step, before a request. */
	nextStep(): Step;
	/** Sends the request. */
	send(options: SentOptions): AsyncGenerator<Event, Final, undefined>;
	/** Takes the reply and returns the step after it. */
	take(reply: Final): Step;
	/** Takes the results of the calls of a step. */
	answer(results: Outcome[], reply: Final | undefined): void;
	/** Called after the last step, also of a run that ends early. */
	end?(): void;
	/** Whether ending the run early is not reported as an error. */
	readonly ignoresEarlyEnd: boolean;
}

/** A run: iterate over it for its events, or await `final()`. */
export abstract class RunLoop<Event, Final extends Reply> implements AsyncIterable<Event | ToolEvent> {
	/** The usage of each reply; null if the endpoint did not report it. */
	readonly usage: (Usage | MessageUsage | null)[] = [];
	readonly #state: RunState<Event, Final>;
	readonly #options: RunOptions;
	readonly #end = new AbortController();
	readonly #events: AsyncGenerator<Event | ToolEvent, void, undefined>;
	#final: Final | undefined;
	#isClosed = false;

	constructor(state: RunState<Event, Final>, options: RunOptions) {
		this.#state = state;
		this.#options = options;
		this.#events = this.#steps();
	}

	/** Yields the events of each reply, and `tool.start` and `tool.done` of each call. Leaving the loop ends the run. */
	async *[Symbol.asyncIterator](): AsyncGenerator<Event | ToolEvent, void, undefined> {
		try {
			for (;;) {
				const { value, done } = await this.#events.next();
				if (done) return;
				yield value;
			}
		} finally {
			await this.endEarly();
		}
	}

	/** Returns the next event. */
	protected read(): Promise<IteratorResult<Event | ToolEvent, undefined>> {
		return this.#events.next() as Promise<IteratorResult<Event | ToolEvent, undefined>>;
	}

	/** Reads to the end and returns the last reply. Rejects with an `APIUserAbortError` if the run was ended early. */
	async final(): Promise<Final> {
		while (!(await this.#events.next()).done) {
			// The loop keeps the last reply.
		}
		if (!this.#final) throw createError("APIUserAbortError", "the run was ended before the model answered");
		return this.#final;
	}

	/** Ends the run: closes the connection and aborts running functions. */
	protected async endEarly(): Promise<void> {
		this.#isClosed = true;
		this.#end.abort();
		await this.#events.return();
	}

	async *#steps(): AsyncGenerator<Event | ToolEvent, void, undefined> {
		const state = this.#state;
		const { maxSteps: _, onToolError, toolTimeout, ...options } = this.#options;
		const { signal } = this.#end;
		const stop = () => this.#end.abort();
		const trace: RunTrace = {};
		const withdraw = onAbort(options.signal, stop);
		try {
			const tools = await state.start();
			for (;;) {
				let step = state.nextStep();
				let reply: Final | undefined;
				if (step.next === "request") {
					reply = yield* state.send({ ...options, signal, [runTrace]: trace });
					this.usage.push(reply.usage ?? null);
					step = state.take(reply);
				}
				yield* step.events as ToolEvent[];
				const results = yield* tools.run(step.calls, reply ?? null, signal, {
					onToolError,
					toolTimeout,
					runner: this,
					trace,
				});
				state.answer(results, reply);
				if (step.next === "done") {
					this.#final = reply;
					return;
				}
			}
		} catch (error) {
			if (!(this.#isClosed && state.ignoresEarlyEnd)) throw error;
		} finally {
			withdraw();
			// Aborts functions that are still running.
			stop();
			state.end?.();
		}
	}
}
