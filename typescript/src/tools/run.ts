// The loop of a run: the model is asked, its calls are run, their results are told, until it answers.
//
// Law: knows neither what is asked nor who is told: its work does. `toolbox.ts` runs functions.

import { createError } from "../binding/errors.js";
import type { ChatCompletion, Message, MessageUsage, Usage } from "../generated/types.js";
import { onAbort } from "../requests/abort.js";
import type { RequestOptions } from "../requests/options.js";
import type { Call, Outcome, RunOptions, Toolbox, ToolEvent } from "./toolbox.js";

/** An answer of either format. */
export type Reply = ChatCompletion | Message;

/** What a run asks, and who is told. */
export interface Work<Event, Final extends Reply> {
	/** Comes before the first step. */
	begin?(): void;
	/** The tools, ready to be run. */
	tools(): Promise<Toolbox>;
	/** Calls that wait already, for results and not for another reply. */
	waiting?(tools: Toolbox): Call[] | undefined;
	/** Asks once. */
	ask(options: RequestOptions): AsyncGenerator<Event, Final, undefined>;
	/** Takes a reply: its calls, and whether the model goes on by itself, since tools of the provider's can take longer than a turn. */
	take(reply: Final, tools: Toolbox): { calls: Call[]; isPaused: boolean };
	/** Tells the results of a reply's calls; none of the last reply. */
	tell(reply: Final | undefined, results: Outcome[]): void;
	/** Comes after the last step, and where the run is left. */
	end?(): void;
	/** Where the calls are that a run of too many steps leaves. */
	readonly left: string;
	/** Whether whoever ends the run early gets no error. */
	readonly isQuiet: boolean;
}

/** A run: iterate over it for its events, or await `final()`. */
export abstract class Run<Event, Final extends Reply> implements AsyncIterable<Event | ToolEvent> {
	/** The tokens of each step; null where the endpoint didn't tell. */
	readonly usage: (Usage | MessageUsage | null)[] = [];
	readonly #work: Work<Event, Final>;
	readonly #options: RunOptions;
	readonly #end = new AbortController();
	readonly #events: AsyncGenerator<Event | ToolEvent, void, undefined>;
	#final: Final | undefined;
	#isLeft = false;

	constructor(work: Work<Event, Final>, options: RunOptions) {
		this.#work = work;
		this.#options = options;
		this.#events = this.#steps();
	}

	/** The events of each reply, and `tool.start` and `tool.done` around each call. Leaving the loop ends the run. */
	async *[Symbol.asyncIterator](): AsyncGenerator<Event | ToolEvent, void, undefined> {
		try {
			for (;;) {
				const { value, done } = await this.#events.next();
				if (done) return;
				yield value;
			}
		} finally {
			await this.leave();
		}
	}

	/** Reads to the end and gives the last answer. Rejects with an `APIUserAbortError` where the run was ended early. */
	async final(): Promise<Final> {
		while (!(await this.#events.next()).done) {
			// The last reply is kept.
		}
		if (!this.#final) throw createError("APIUserAbortError", "the run was ended before the model answered");
		return this.#final;
	}

	/** Ends the run: closes the connection, and tells running functions. */
	protected async leave(): Promise<void> {
		this.#isLeft = true;
		this.#end.abort();
		await this.#events.return();
	}

	async *#steps(): AsyncGenerator<Event | ToolEvent, void, undefined> {
		const work = this.#work;
		const { maxSteps = 10, onToolError, toolTimeout, ...options } = this.#options;
		const signal = this.#end.signal;
		const stop = () => this.#end.abort();
		work.begin?.();
		const withdraw = onAbort(options.signal, stop);
		try {
			const tools = await work.tools();
			while (!this.#final) {
				let calls = work.waiting?.(tools);
				let reply: Final | undefined;
				if (!calls) {
					reply = yield* work.ask({ ...options, signal });
					this.usage.push(reply.usage ?? null);
					const taken = work.take(reply, tools);
					calls = taken.calls;
					if (tools.isForeign(calls) || (calls.length === 0 && !taken.isPaused)) {
						work.tell(reply, []);
						this.#final = reply;
						return;
					}
					if (this.usage.length >= maxSteps) {
						const message = `the model still calls tools after ${maxSteps} steps: raise maxSteps; ${work.left}`;
						throw createError("ToolRunError", message, reply);
					}
				} else if (tools.isForeign(calls)) {
					throw createError("InvalidRequestError", "calls wait for results that only results() can give");
				}
				work.tell(reply, yield* tools.answered(calls, reply ?? null, signal, { onToolError, toolTimeout }));
			}
		} catch (error) {
			if (!(this.#isLeft && work.isQuiet)) throw error;
		} finally {
			withdraw();
			// Functions that still run are told that nobody waits for them.
			stop();
			work.end?.();
		}
	}
}
