// One message, from the request to the last token.
//
// Fills the reply from events, for both formats, independent of how it is shown. The reply always ends in a final state; nothing is thrown.

import type {
	ChatStreamEvent,
	JsonSchema,
	MessageStreamEvent,
	MessagesRequestTyped,
	RequestOptions,
	StructuredOptions,
	Tool,
	ToolEvent,
} from "trilogue";
import { type Answer, CallPart, JsonPart, type Measured, TextPart } from "./answer";
import { connect } from "./connection";
import { drawAll } from "./frames";
import { problemOf } from "./problem";
import { asChat, asMessages, type Body } from "./request";

/** The maximum number of requests for a reply with tool calls. */
const STEPS = 6;
/** The time limit of a tool, in milliseconds. */
const TOOL_TIME = 10_000;

type AnyEvent = ChatStreamEvent | MessageStreamEvent | ToolEvent;

/** Sends the request and fills the reply. `body` is the request without the tools, which run here. */
export async function run(body: Body, tools: readonly Tool[], answer: Answer, signal: AbortSignal): Promise<void> {
	const began = performance.now();
	const meter = new Meter(answer, began);
	const writer = new Writer(answer, meter, body.response_format !== undefined || body.output_config !== undefined);
	try {
		const client = await connect();
		const spent = () => {
			const { total, unknown, calls } = client.spent;
			meter.set({ cost: unknown > 0 || calls === 0 ? null : total });
		};
		try {
			const isChat = answer.format === "chat";
			if (tools.length > 0) {
				const options = { signal, maxSteps: STEPS, toolTimeout: TOOL_TIME };
				const runner = isChat
					? client.chat.completions.runTools({ ...asChat(body), tools: [...tools] }, options)
					: client.messages.runTools({ ...asMessages(body), tools: [...tools] }, options);
				for await (const event of runner as AsyncIterable<AnyEvent>) writer.take(event);
				answer.turns = runner.messages.slice(body.messages.length) as object[];
			} else {
				const stream = isChat
					? client.chat.completions.stream(asChat(body), { signal })
					: client.messages.stream(...typed(body, signal));
				for await (const event of stream as AsyncIterable<AnyEvent>) {
					const grown = event.type === "content.delta" || event.type === "text";
					writer.take(event, grown ? () => stream.snapshotParsed() : undefined);
				}
			}
			answer.state.value = "done";
		} finally {
			spent();
		}
	} catch (error) {
		if (signal.aborted) answer.state.value = "stopped";
		else {
			answer.problem.value = problemOf(error);
			answer.state.value = "failed";
		}
	} finally {
		meter.end();
		writer.end(answer.state.value === "done");
		drawAll();
	}
}

/** Moves the schema of a request in Anthropic's format to the option of the package, so that its events carry the JSON so far. */
function typed(
	body: Body,
	signal: AbortSignal,
): [MessagesRequestTyped<JsonSchema>, RequestOptions & StructuredOptions] {
	const { output_config, ...request } = body as Body & { output_config?: { format: { schema: JsonSchema } } };
	const output_format = output_config?.format.schema;
	const whole = output_format ? { ...request, output_format } : request;
	return [whole as object as MessagesRequestTyped<JsonSchema>, output_format ? { signal, strict: false } : { signal }];
}

/** Adds events to the parts of the reply. */
class Writer {
	readonly #answer: Answer;
	readonly #meter: Meter;
	readonly #isJson: boolean;
	/** The calls of the step, by index. */
	readonly #calls = new Map<number, CallPart>();
	/** The calls without results, by id. */
	readonly #running = new Map<string, CallPart>();
	#text: TextPart | JsonPart | undefined;
	#thought: TextPart | undefined;
	#isStepDone = false;

	constructor(answer: Answer, meter: Meter, isJson: boolean) {
		this.#answer = answer;
		this.#meter = meter;
		this.#isJson = isJson;
	}

	/** `parsed` returns the JSON of the reply so far. */
	take(event: AnyEvent, parsed?: () => unknown): void {
		switch (event.type) {
			case "chunk": {
				const { choices, usage } = event.chunk;
				this.#begin();
				const [choice] = choices;
				if (choice?.delta.reasoning) this.#think(choice.delta.reasoning);
				for (const call of choice?.delta.tool_calls ?? []) this.#call(call.index, call.function?.name ?? "");
				if (usage) this.#meter.count(usage.prompt_tokens, usage.completion_tokens);
				if (choice?.finish_reason) this.#meter.set({ finish: choice.finish_reason });
				return;
			}
			case "content.delta":
				if (event.choice === 0) this.#say(event.delta, parsed);
				return;
			case "refusal.delta":
				this.#say(event.delta);
				return;
			case "tool_calls.function.arguments.delta":
				this.#write(event.index, event.name, event.parsed);
				return;
			case "message_start":
				this.#begin();
				this.#meter.count(event.message.usage?.input_tokens, event.message.usage?.output_tokens);
				return;
			case "content_block_start":
				if (event.content_block.type === "tool_use") this.#call(event.index, event.content_block.name ?? "");
				return;
			case "thinking":
				this.#think(event.thinking);
				return;
			case "text":
				this.#say(event.text, parsed);
				return;
			case "input_json":
				this.#write(event.index, "", event.parsed);
				return;
			case "message_delta":
				this.#meter.count(undefined, event.usage?.output_tokens);
				if (event.delta.stop_reason) this.#meter.set({ finish: String(event.delta.stop_reason) });
				return;
			case "tool.start":
				this.#started(event);
				return;
			case "tool.done":
				this.#done(event);
				return;
		}
	}

	/** Starts a step: the request after the results of calls. */
	#begin(): void {
		if (this.#answer.state.value === "waiting") this.#answer.state.value = "streaming";
		if (!this.#isStepDone) return;
		this.#isStepDone = false;
		this.#calls.clear();
		this.#meter.step();
	}

	#think(delta: string): void {
		if (delta === "") return;
		this.#meter.token();
		this.#thought ??= this.#answer.add(new TextPart("reasoning"));
		this.#thought.push(delta);
	}

	#say(delta: string, parsed?: () => unknown): void {
		if (delta === "") return;
		this.#meter.token();
		this.#endThought();
		this.#text ??= this.#answer.add(this.#isJson ? new JsonPart() : new TextPart("text"));
		this.#text.push(delta);
		if (this.#text.kind === "json" && parsed) this.#text.value = parsed();
	}

	#call(index: number, name: string): CallPart {
		let call = this.#calls.get(index);
		if (!call) {
			this.#endThought();
			this.#text?.end();
			this.#text = undefined;
			call = this.#answer.add(new CallPart(name || "…"));
			this.#calls.set(index, call);
		}
		return call;
	}

	#write(index: number, name: string, parsed: unknown): void {
		this.#meter.token();
		const call = this.#call(index, name);
		call.args = parsed;
		call.grew();
	}

	#started({ id, name, arguments: args }: ToolEvent): void {
		this.#isStepDone = true;
		const waiting = [...this.#calls.values()].find((call) => call.state === "writing" && call.name === name);
		const call = waiting ?? this.#answer.add(new CallPart(name));
		call.args = args ?? call.args;
		this.#running.set(id, call);
		call.become("running");
	}

	#done(event: ToolEvent & { type: "tool.done" }): void {
		const call = this.#running.get(event.id);
		if (!call) return;
		call.result = event.error ?? event.result ?? "";
		call.become(event.error === undefined ? "done" : "failed");
	}

	#endThought(): void {
		this.#thought?.end();
		this.#thought = undefined;
	}

	/** Ends the reply; `isWhole`: it is complete. */
	end(isWhole: boolean): void {
		this.#endThought();
		this.#text?.end();
		for (const part of this.#answer.parts.value) {
			if (part.kind === "call" && (part.state === "writing" || part.state === "running")) {
				part.become(isWhole ? "done" : "left");
			}
		}
	}
}

/** Measures a reply. */
class Meter {
	readonly #answer: Answer;
	readonly #began: number;
	/** The tokens of earlier steps. */
	#before = { input: 0, output: 0, time: 0 };
	#input: number | undefined;
	#output: number | undefined;
	#deltas = 0;
	#first: number | undefined;
	#last = 0;

	constructor(answer: Answer, began: number) {
		this.#answer = answer;
		this.#began = began;
	}

	set(measured: Partial<Measured>): void {
		this.#answer.measured.value = {
			...this.#answer.measured.value,
			...measured,
		};
	}

	/** Counts a delta. */
	token(): void {
		this.#deltas += 1;
		this.#last = performance.now();
		const isFirst = this.#first === undefined;
		this.#first ??= this.#last;
		if (isFirst && this.#answer.measured.value.firstToken === undefined) {
			this.set({ firstToken: this.#last - this.#began });
		}
		// The final counts arrive at the end.
		if (isFirst || this.#deltas % 8 === 0) this.#update();
	}

	/** The endpoint's counts so far; later ones replace earlier ones. */
	count(input: number | null | undefined, output: number | null | undefined): void {
		if (typeof input === "number") this.#input = input;
		// The first event of a message counts tokens that have not been sent yet.
		if (typeof output === "number" && output > 1) this.#output = output;
		this.#update();
	}

	/** Starts another step. */
	step(): void {
		this.#before = {
			input: this.#before.input + (this.#input ?? 0),
			output: this.#before.output + (this.#output ?? this.#deltas),
			time: this.#before.time + this.#time(),
		};
		this.#input = undefined;
		this.#output = undefined;
		this.#deltas = 0;
		this.#first = undefined;
	}

	#time(): number {
		return this.#first === undefined ? 0 : this.#last - this.#first;
	}

	#update(): void {
		const step = this.#output ?? this.#deltas;
		const output = this.#before.output + step;
		const time = this.#before.time + this.#time();
		const input =
			this.#input === undefined && this.#before.input === 0 ? undefined : this.#before.input + (this.#input ?? 0);
		this.set({
			inputTokens: input,
			outputTokens: output,
			isCounted: this.#output !== undefined,
			// Too short to compute a speed.
			speed: time >= 50 && output > 1 ? (output - 1) / (time / 1000) : undefined,
		});
	}

	end(): void {
		this.#update();
	}
}
