// The events of `.stream()` with the JSON that grows in them, and what a streamed answer of a type adds up to.
//
// Law: the core parses and tells what changed; here it is applied as each event is handed out. Values that the user got are never
// taken back.

import type { NativeStream } from "../binding/binding.js";
import type { ChatCompletion, ChatStreamEvent, Message, MessageStreamEvent } from "../generated/types.js";
import type { Early } from "../structured/early.js";
import { compile, type SchemaOutput, type StandardSchema } from "../structured/schema.js";
import { type DeepPartial, misfit, type Plan, settle } from "../structured/structured.js";
import type { Fault } from "../structured/validator.js";
import { Elements } from "./elements.js";
import { Mirror } from "./mirror.js";
import { EventStream, type Source } from "./stream.js";
import type { Ops } from "./template.js";

/** What the events that are looked at have; `ops` is what the core tells of a live value. */
interface Told {
	type: string;
	choice?: number;
	index?: number;
	ops?: [codes: number[], text: string];
	parsed?: unknown;
}

/** The types of the events that show the answer, where it is a text and where it is a tool's arguments. */
const texts = ["content.delta", "text"];
const calls = ["tool_calls.function.arguments.delta", "input_json"];

type Item<T> = T extends readonly (infer I)[] ? I : T;
type Step<T, Key> = T extends readonly (infer I)[] ? I : Key extends keyof T ? T[Key] : unknown;
/** What `elements` gives for a path of a value. */
export type ElementAt<T, Path extends string> = unknown extends T
	? unknown
	: Path extends `${infer Key}.${infer Rest}`
		? ElementAt<NonNullable<Step<T, Key>>, Rest>
		: Path extends "*"
			? Step<T, "*">
			: Item<Path extends "" ? T : NonNullable<Step<T, Path>>>;

/** A stream of events with live values. */
abstract class LiveStream<Event, Final extends ChatCompletion | Message, Input> extends EventStream<Event, Final> {
	/** Each live value by its place: the choice, and the tool call or block in it. */
	readonly #mirrors = new Map<number, Mirror>();
	readonly #plan: Plan | undefined;
	#answer: Mirror | undefined;
	#path: string | undefined;
	#elements: Elements | undefined;
	#early: Early | undefined;
	#final: Promise<Final> | undefined;

	constructor(native: Promise<NativeStream>, signal?: AbortSignal, plan?: Plan, source?: Source) {
		super(native, "helper", signal, source);
		this.#plan = plan;
	}

	protected override prepare(item: Event, ops: Ops | undefined): void {
		const event = item as Told;
		if (ops !== undefined) {
			const mirror = this.#mirror(event);
			ops.next(mirror);
			event.parsed = mirror.parsed;
		} else if (event.ops !== undefined) {
			// Of an event that was written out.
			const [codes, pieces] = event.ops;
			delete event.ops;
			const mirror = this.#mirror(event);
			mirror.apply(codes, pieces);
			event.parsed = mirror.parsed;
		} else if (this.#mirrors.size > 0) {
			this.#finish(event);
		}
	}

	/** The live value of an event's place. */
	#mirror(event: Told): Mirror {
		const place = placeOf(event);
		let mirror = this.#mirrors.get(place);
		if (mirror === undefined) {
			mirror = this.#begin(event);
			this.#mirrors.set(place, mirror);
		}
		return mirror;
	}

	#begin(event: Told): Mirror {
		const isAnswer = (this.#plan?.mode === "tool" ? calls : texts).includes(event.type);
		const isWrapped = isAnswer && (this.#plan?.isWrapped ?? false);
		const mirror = new Mirror(isWrapped);
		if (!isAnswer || event.choice) return mirror;
		// A message may have several texts; that with the JSON counts.
		if (this.#answer?.value === undefined) this.#answer = mirror;
		if (this.#path !== undefined) {
			this.#elements ??= new Elements(this.#path, isWrapped);
			mirror.watchers.push(this.#elements);
		}
		this.#early ??= this.#plan?.early();
		if (this.#early) mirror.watchers.push(this.#early);
		return mirror;
	}

	/** The next event. Rejects with an `InvalidOutputError` as soon as the answer can't fit any more. */
	override next(): Promise<IteratorResult<Event, undefined>> {
		return this.#early?.faults ? this.#misfit(this.#early.faults) : super.next();
	}

	async #misfit(faults: Fault[]): Promise<never> {
		const partial = await this.snapshot();
		this.close();
		throw Object.assign(misfit(faults, partial), { tries: [partial?.usage ?? null] });
	}

	#finish(event: Told): void {
		if (!event.type.endsWith(".done") && event.type !== "content_block_stop") return;
		const mirror = this.#mirrors.get(placeOf(event));
		if (mirror !== undefined) event.parsed = mirror.parsed;
	}

	/** The answer's JSON as far as it has come: one value that grows; `undefined` before it began. */
	get partial(): DeepPartial<Input> | undefined {
		return this.#answer?.parsed as DeepPartial<Input> | undefined;
	}

	/**
	 * The answer's JSON as far as it has come, for keeping: it stays as it is. What is complete in it is the same object in every
	 * later snapshot, so that a page need not draw it again.
	 */
	snapshotParsed(): DeepPartial<Input> | undefined {
		return this.#answer?.snapshot() as DeepPartial<Input> | undefined;
	}

	/**
	 * The items at a path of the answer, each as soon as it is complete, while the rest still streams. `path`: names of members,
	 * `*` for each item of an array, with dots between: `items`, `items.*.name`; empty for an answer that is an array. With a schema
	 * each item is what that makes of it, and one that doesn't fit is an `InvalidOutputError`. Reads the stream, whose events are
	 * then gone; leaving the loop closes it.
	 */
	elements<S extends StandardSchema>(path: string, schema: S): AsyncGenerator<SchemaOutput<S>, void, undefined>;
	elements<Path extends string>(path: Path): AsyncGenerator<ElementAt<Input, Path>, void, undefined>;
	async *elements(path: string, schema?: StandardSchema): AsyncGenerator<unknown, void, undefined> {
		if (this.#mirrors.size > 0) throw new Error("elements() comes too late: events of this stream were read before");
		this.#path = path;
		const compiled = schema && (await compile(schema));
		try {
			for (let given = 0, isDone = false; !isDone; ) {
				isDone = (await this.next()).done ?? false;
				const found = this.#elements?.found ?? [];
				for (; given < found.length; given += 1) {
					yield this.#plan ? await this.#plan.element(path, found[given], compiled) : found[given];
				}
			}
			// An answer that was cut must not look like a short one.
			this.#plan?.whole(await super.final());
		} finally {
			this.close();
		}
	}

	/** Reads the stream to its end and gives what it adds up to. */
	override final(): Promise<Final> {
		this.#final ??= this.#whole();
		return this.#final;
	}

	async #whole(): Promise<Final> {
		const final = await super.final();
		if (!this.#plan) return final;
		const error = await settle(this.#plan, final, []);
		if (error) throw error;
		return final;
	}
}

/** A chat completion as a stream of events. */
export class ChatCompletionStream<Final extends ChatCompletion = ChatCompletion, Input = unknown> extends LiveStream<
	ChatStreamEvent<DeepPartial<Input>>,
	Final,
	Input
> {
	protected override handedOn(event: ChatStreamEvent<DeepPartial<Input>>): unknown {
		return event.type === "chunk" ? event.chunk : undefined;
	}

	/** Reads the stream to its end and gives the completion. */
	finalChatCompletion(): Promise<Final> {
		return this.final();
	}

	/** Reads the stream to its end and gives the first choice's text. */
	async finalContent(): Promise<string | null> {
		return (await this.final()).choices[0]?.message.content ?? null;
	}
}

/** A message as a stream of events. */
export class MessageStream<Final extends Message = Message, Input = unknown> extends LiveStream<
	MessageStreamEvent<DeepPartial<Input>>,
	Final,
	Input
> {
	protected override handedOn(event: MessageStreamEvent<DeepPartial<Input>>): unknown {
		return /^(message|content_block)_/.test(event.type) ? event : undefined;
	}

	/** Reads the stream to its end and gives the message. */
	finalMessage(): Promise<Final> {
		return this.final();
	}

	/** Reads the stream to its end and gives the texts of its text blocks, joined. */
	async finalText(): Promise<string> {
		return (await this.final()).content.map((block) => block.text ?? "").join("");
	}
}

/** A place as a number: the choice, and what is in it. */
function placeOf(event: Told): number {
	return (event.choice ?? 0) * 65536 + (event.index ?? -1) + 1;
}
