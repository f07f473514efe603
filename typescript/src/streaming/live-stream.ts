// The base of the streams of `.stream()`: events with the JSON parsed so far, listeners, and the final typed reply.
//
// The core parses and reports the changes of the live values; they are applied when an event is returned. A value that the user has got is
// never withdrawn.

import { type NativeStream, View } from "../binding/binding.js";
import type { Fault } from "../binding/failure.js";
import type { ChatCompletion, Message } from "../generated/types.js";
import { type WithResponse, withHead } from "../requests/api-promise.js";
import type { Format } from "../requests/format.js";
import type { Early } from "../structured/early.js";
import type { Plan } from "../structured/plan.js";
import { compile, type SchemaOutput, type StandardSchema } from "../structured/schema.js";
import type { DeepPartial } from "../structured/types.js";
import type { Source } from "./batches.js";
import { Elements } from "./elements.js";
import type { Expander } from "./expander.js";
import { addListening, Listeners, type Listening } from "./listening.js";
import { Mirror } from "./mirror.js";
import { EventStream } from "./stream.js";

/** The fields of events that this file reads; `ops` are operations on a live value. */
interface LiveEvent {
	type: string;
	choice?: number;
	index?: number;
	ops?: [codes: number[], text: string];
	parsed?: unknown;
}

/** The types of the events that carry the typed reply: a text, or the arguments of a tool. */
const texts = ["content.delta", "text"];
const calls = ["tool_calls.function.arguments.delta", "input_json"];

type Item<T> = T extends readonly (infer I)[] ? I : T;
type Step<T, Key> = T extends readonly (infer I)[] ? I : Key extends keyof T ? T[Key] : unknown;
/** The type of the elements at a path of a value. */
export type ElementAt<T, Path extends string> = unknown extends T
	? unknown
	: Path extends `${infer Key}.${infer Rest}`
		? ElementAt<NonNullable<Step<T, Key>>, Rest>
		: Path extends "*"
			? Step<T, "*">
			: Item<Path extends "" ? T : NonNullable<Step<T, Path>>>;

// Merged with the class: `addListening` adds these methods.
// biome-ignore lint/correctness/noUnusedVariables: the parameters of the class
export interface LiveStream<Event, Final extends ChatCompletion | Message, Input, Events extends object>
	extends Listening<Events> {}

/** A stream of events with live values. `Events` are those of its listeners. */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the methods of the interface are added below
export abstract class LiveStream<
	Event,
	Final extends ChatCompletion | Message,
	Input,
	// biome-ignore lint/correctness/noUnusedVariables: for `Listening`
	Events extends object,
> extends EventStream<Event, Final> {
	/** The live values, by choice and by the tool call or block in it: see `keyOf`. */
	readonly #mirrors = new Map<number, Mirror>();
	readonly #plan: Plan | undefined;
	#answer: Mirror | undefined;
	#path: string | undefined;
	#elements: Elements | undefined;
	#early: Early | undefined;
	#final: Promise<Final> | undefined;
	/** The whole reply, once it is complete. */
	#settled: Final | undefined;
	#isClosed = false;
	#listeners: Listeners | undefined;
	readonly #format: Format;
	readonly #sent: readonly unknown[];

	/** `sent`: the messages of the request. */
	constructor(
		format: Format,
		native: Promise<NativeStream>,
		signal?: AbortSignal,
		plan?: Plan,
		source?: Source,
		sent: readonly unknown[] = [],
	) {
		super(native, View.helperEvents, signal, source);
		this.#format = format;
		this.#plan = plan;
		this.#sent = sent;
	}

	/** Not part of the package's interface. Created on demand: few streams have listeners. */
	get listeners(): Listeners {
		this.#listeners ??= new Listeners(
			{
				emitsDeltas: true,
				opened: () => this.opened(),
				read: () => this.#read(),
				replies: async () => (this.#isClosed ? [] : [await this.#settle()]),
				close: () => this.close(),
			},
			this.#format,
		);
		return this.#listeners;
	}

	/** Closes the connection; the stream then fails with an `APIUserAbortError`. */
	abort(): void {
		this.controller.abort();
	}

	/** The reply so far, for streams with listeners: one object that grows. */
	protected get growing(): unknown {
		return this.#listeners?.emitter?.snapshot;
	}

	/** The whole reply, once it is complete. */
	protected get settled(): Final | undefined {
		return this.#settled;
	}

	/** The messages of the request. */
	protected get sent(): readonly unknown[] {
		return this.#sent;
	}

	/** Resolves with the status and headers of the response as soon as they have arrived. */
	async withResponse(): Promise<WithResponse<this>> {
		return withHead(this, await this.opened());
	}

	protected override prepare(item: Event, expander: Expander): void {
		const event = item as LiveEvent;
		if (expander.hasOps) {
			const mirror = this.#mirror(event);
			expander.applyOps(mirror);
			event.parsed = mirror.parsed;
		} else if (event.ops !== undefined) {
			const [codes, pieces] = event.ops;
			delete event.ops;
			const mirror = this.#mirror(event);
			mirror.apply(codes, pieces);
			event.parsed = mirror.parsed;
		} else if (this.#mirrors.size > 0) {
			this.#finish(event);
		}
	}

	/** The live value that an event belongs to. */
	#mirror(event: LiveEvent): Mirror {
		const key = keyOf(event);
		let mirror = this.#mirrors.get(key);
		if (mirror === undefined) {
			mirror = this.#begin(event);
			this.#mirrors.set(key, mirror);
		}
		return mirror;
	}

	#begin(event: LiveEvent): Mirror {
		const isAnswer = (this.#plan?.mode === "tool" ? calls : texts).includes(event.type);
		const isWrapped = isAnswer && (this.#plan?.isWrapped ?? false);
		const mirror = new Mirror(isWrapped);
		if (!isAnswer || event.choice) return mirror;
		// A message may have several texts; the one with the JSON counts.
		if (this.#answer?.value === undefined) this.#answer = mirror;
		if (this.#path !== undefined) {
			this.#elements ??= new Elements(this.#path, isWrapped);
			mirror.watchers.push(this.#elements);
		}
		this.#early ??= this.#plan?.early();
		if (this.#early) mirror.watchers.push(this.#early);
		return mirror;
	}

	/** Returns the next event. Rejects with an `InvalidOutputError` as soon as the reply cannot match the schema any more. */
	override next(): Promise<IteratorResult<Event, undefined>> {
		if (!this.#listeners?.isActive) return this.#read();
		return this.#listeners.use((emitter) => emitter.next() as Promise<IteratorResult<Event, undefined>>);
	}

	#read(): Promise<IteratorResult<Event, undefined>> {
		return this.#early?.faults ? this.#reject(this.#early.faults) : super.next();
	}

	override close(): void {
		this.#isClosed = true;
		super.close();
		this.#listeners?.emitter?.drop();
	}

	async #reject(faults: Fault[]): Promise<IteratorResult<Event, undefined>> {
		const partial = await this.snapshot();
		this.close();
		// Throws: without retry options, no further request is allowed.
		this.#plan?.reject({ problems: faults }, partial, [partial?.usage ?? null]);
		return { value: undefined, done: true };
	}

	#finish(event: LiveEvent): void {
		if (!event.type.endsWith(".done") && event.type !== "content_block_stop") return;
		const mirror = this.#mirrors.get(keyOf(event));
		if (mirror !== undefined) event.parsed = mirror.parsed;
	}

	/** The JSON of the reply so far: one value that grows; `undefined` before it starts. */
	get partial(): DeepPartial<Input> | undefined {
		return this.#answer?.parsed as DeepPartial<Input> | undefined;
	}

	/**
	 * Returns the JSON of the reply so far as a value that does not change. Complete parts are the same objects in every later snapshot, so a
	 * page need not render them again.
	 */
	snapshotParsed(): DeepPartial<Input> | undefined {
		return this.#answer?.snapshot() as DeepPartial<Input> | undefined;
	}

	/**
	 * Returns the items at a path of the reply, each as soon as it is complete, while the rest still arrives. `path` consists of member names and
	 * `*` for each item of an array, separated by dots: `items`, `items.*.name`; it is empty for a reply that is an array. With a schema, each
	 * item is the output of the schema, and an item that does not match is an `InvalidOutputError`. Consumes the events of the stream; leaving
	 * the loop closes it.
	 */
	elements<S extends StandardSchema>(path: string, schema: S): AsyncGenerator<SchemaOutput<S>, void, undefined>;
	elements<Path extends string>(path: Path): AsyncGenerator<ElementAt<Input, Path>, void, undefined>;
	async *elements(path: string, schema?: StandardSchema): AsyncGenerator<unknown, void, undefined> {
		if (this.#mirrors.size > 0) throw new Error("call elements() before reading events of this stream");
		this.#path = path;
		const compiled = schema && (await compile(schema));
		try {
			for (let returned = 0, isDone = false; !isDone; ) {
				isDone = (await this.next()).done ?? false;
				const found = this.#elements?.found ?? [];
				for (; returned < found.length; returned += 1) {
					yield this.#plan ? await this.#plan.element(path, found[returned], compiled) : found[returned];
				}
			}
			// A truncated reply must not look like a short one.
			this.#plan?.requireWhole(await this.whole());
		} finally {
			this.close();
		}
	}

	/** Reads the stream to its end and returns the whole reply. */
	override final(): Promise<Final> {
		this.#final ??= this.#readToEnd();
		return this.#final;
	}

	async #readToEnd(): Promise<Final> {
		if (this.#listeners?.isActive) await this.done();
		else await this.drain();
		return this.#settled ?? this.#settle();
	}

	/** Returns the whole reply after the end of the stream. */
	async #settle(): Promise<Final> {
		const final = await this.whole();
		await this.#plan?.read(final, []);
		this.#settled = final;
		return final;
	}
}

addListening(LiveStream.prototype);

/** A key for the choice of an event and the tool call or block in it. */
function keyOf(event: LiveEvent): number {
	return (event.choice ?? 0) * 65536 + (event.index ?? -1) + 1;
}
