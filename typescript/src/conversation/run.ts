// A run of a conversation: replies on their way, and the calls of tools between them.
//
// If a reply ends early, the part that arrived stays in the conversation.

import type { Client } from "../client.js";
import { APIError } from "../generated/errors.js";
import type { ConversationOperations, Outcome } from "../generated/operations.js";
import type { NormalEvent } from "../generated/types.js";
import type { RequestOptions, SentOptions } from "../requests/options.js";
import type { Stream } from "../streaming/stream.js";
import { type Reply, RunLoop, type RunState, type Step } from "../tools/run.js";
import type { Toolbox } from "../tools/toolbox.js";
import type { Format, SendOptions } from "./types.js";

/** Runs an operation on the conversation. */
export type Operate = <Name extends keyof ConversationOperations>(
	name: Name,
	input: ConversationOperations[Name]["input"],
) => ConversationOperations[Name]["output"];

/** A reply on its way, with the runs of tools before it: iterate over it for its events, or await `final()`. Leaving the loop stops the reply. */
export class ConversationRun extends RunLoop<NormalEvent, Reply> {
	static override readonly name: string = "ConversationRun";

	/** Stops the reply if it is still on its way. The part that arrived stays in the conversation, as a partial turn. */
	stop(): Promise<void> {
		return this.endEarly();
	}
}

/** The state of a run, which the core holds in the conversation. */
export class ConversationState implements RunState<NormalEvent, Reply> {
	readonly ignoresEarlyEnd = true;
	readonly #client: Client;
	readonly #operate: Operate;
	readonly #prepare: () => Promise<Toolbox>;
	readonly #options: {
		streams: boolean;
		max_steps: number | undefined;
		parameters: object | undefined;
	};
	#isBusy = false;
	#request: object = {};
	#format: Format = "chat";

	constructor(
		client: Client,
		operate: Operate,
		prepare: () => Promise<Toolbox>,
		{ maxSteps, parameters }: SendOptions,
		streams: boolean,
	) {
		this.#client = client;
		this.#operate = operate;
		this.#prepare = prepare;
		this.#options = { streams, max_steps: maxSteps, parameters };
	}

	async start(): Promise<Toolbox> {
		// Begins before the schemas of the tools are read, so that nothing changes the conversation meanwhile.
		this.#operate("begin_run", { ...this.#options, functions: [] });
		this.#isBusy = true;
		const tools = await this.#prepare();
		this.#operate("end_run", {});
		const { definitions, provided } = tools;
		const functions = definitions.map(({ name }) => name);
		this.#operate("begin_run", { ...this.#options, functions, tools: [...definitions, ...provided] });
		return tools;
	}

	nextStep(): Step {
		const { request, endpoint, ...step } = this.#operate("next_step", {});
		this.#request = request ?? {};
		this.#format = endpoint;
		return step;
	}

	async *send(options: SentOptions): AsyncGenerator<NormalEvent, Reply, undefined> {
		const { chat, messages } = this.#client;
		const endpoint: { create(body: object, options: RequestOptions): PromiseLike<unknown> } =
			this.#format === "chat" ? chat.completions : messages;
		if (!this.#options.streams) return (await endpoint.create(this.#request, options)) as Reply;
		const stream = (await endpoint.create({ ...this.#request, stream: true }, options)) as Stream<unknown, Reply>;
		let isWhole = false;
		let failure: APIError | undefined;
		try {
			yield* stream.events;
			isWhole = true;
		} catch (error) {
			if (error instanceof APIError) failure = error;
			throw error;
		} finally {
			if (!isWhole) {
				const reply = failure?.partial ?? (await stream.snapshot());
				this.#operate("keep_partial", { reply, error: failure?.name });
			}
		}
		return (await stream.snapshot()) as Reply;
	}

	take(reply: Reply): Step {
		return this.#operate("take_reply", { reply });
	}

	answer(results: Outcome[]): void {
		if (results.length > 0) this.#operate("answer_calls", { results });
	}

	end(): void {
		if (this.#isBusy) this.#operate("end_run", {});
	}
}
