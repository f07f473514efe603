// Observers of calls: what receives the core's notices, for logs, traces and channels.
//
// Nothing is measured here: the last notice of a call is its record, which exporters format. Without a listener, a call has no observer.

import type { NativeClient, NativeStream, View } from "../binding/binding.js";
import type { Log } from "./log.js";
import type { CallRecord } from "./record.js";

/** A call that begins. */
export interface CallStart {
	endpoint: string;
	baseURL: string;
	body: object;
	isStreamed: boolean;
	/** The tool run that sends the call. */
	run: RunTrace | undefined;
}

/** Receives the end of a call. */
export interface CallExporter {
	/** Headers that name the call's trace. */
	readonly headers?: Record<string, string>;
	/** Whether `replied` is called. */
	readonly wantsReply?: boolean;
	ended(record: CallRecord): void;
	/** Receives the reply as far as it was received, once, after the record or before it. */
	replied?(reply: unknown): void;
}

/** Begins to export a call; undefined if no one listens. */
export type Exporter = (call: CallStart) => CallExporter | undefined;

/** The trace of a tool run: the call that requested the functions. */
export interface RunTrace {
	context?: unknown;
}

/** The option with which a run passes its trace to the calls that it sends. */
export const runTrace: unique symbol = Symbol("trilogue.runTrace");

/** Runs a function that a model called. */
export type ToolExporter = (run: RunTrace, call: object, work: () => unknown) => unknown;

const exporters: Exporter[] = [];
let toolExporter: ToolExporter | undefined;

/** Adds an exporter for the calls of all clients. */
export function addExporter(exporter: Exporter): void {
	exporters.push(exporter);
}

/** Sets the exporter of the functions that models call. */
export function setToolExporter(exporter: ToolExporter): void {
	toolExporter = exporter;
}

/** Runs a function that a model called, within a span if the host exports spans. */
export function runTool(run: RunTrace | undefined, call: object, work: () => unknown): unknown {
	return run && toolExporter ? toolExporter(run, call, work) : work();
}

/** The observers of a client's calls. */
export class Observers {
	readonly #native: NativeClient;
	readonly #log: Log | undefined;
	/** The observers of the calls that have not ended, by number. */
	readonly #calls = new Map<number, CallObserver>();

	constructor(native: NativeClient, log: Log | undefined) {
		this.#native = native;
		this.#log = log;
		if (!log && exporters.length === 0) return;
		// The native client may keep the observer for ever, and must not keep itself alive by it.
		const held = new WeakRef(this);
		native.observe(() => held.deref()?.flush());
	}

	/** Passes on the notices that have arrived. */
	flush(): void {
		for (const line of this.#native.notices().split("\n")) {
			const [, number = "", level = "", text = ""] = /^(\d+) (\w+) (.*)$/.exec(line) ?? [];
			if (level === "record") {
				const call = this.#calls.get(Number(number));
				this.#calls.delete(Number(number));
				call?.ended(JSON.parse(text) as CallRecord);
			} else if (level) {
				this.#log?.notice(number, level, text);
			}
		}
	}

	/** Begins to observe a call; undefined if no one listens. */
	begin(number: number, endpoint: string, body: object, isStreamed: boolean, run?: RunTrace): CallObserver | undefined {
		const native = this.#native;
		const logs = this.#log?.logsCalls ?? false;
		const started: CallExporter[] = [];
		if (exporters.length > 0 && !native.isLoading) {
			const call = { endpoint, baseURL: native.core.baseUrl, body, isStreamed, run };
			for (const exporter of exporters) {
				const one = exporter(call);
				if (one) started.push(one);
			}
		}
		if (!logs && started.length === 0) return undefined;
		const options = { notice_id: number, notify_all: this.#log?.logsAll ?? false };
		const { model } = body as { model?: unknown };
		const fail = (name: string, message: string) => {
			native.recordFailure(number, endpoint, typeof model === "string" ? model : undefined, isStreamed, name, message);
			this.flush();
		};
		const observer = new CallObserver(options, started, () => this.flush(), fail);
		this.#calls.set(number, observer);
		return observer;
	}
}

/** Passes on the records of streams that were collected. Later, since the module frees them in a callback of its own. */
const collected = new FinalizationRegistry<() => void>((flush) => setTimeout(flush));

/** Observes a call. */
export class CallObserver {
	/** The options that make the core send notices about the call. */
	readonly options: { notice_id: number; notify_all: boolean };
	/** Headers that name the call's trace. */
	readonly headers: Record<string, string> | undefined;
	readonly #exporters: readonly CallExporter[];
	readonly #flush: () => void;
	readonly #fail: (name: string, message: string) => void;
	#isOver = false;

	constructor(
		options: { notice_id: number; notify_all: boolean },
		exporters: readonly CallExporter[],
		flush: () => void,
		fail: (name: string, message: string) => void,
	) {
		this.options = options;
		this.#exporters = exporters;
		this.#flush = flush;
		this.#fail = fail;
		const headers = Object.assign({}, ...exporters.map((one) => one.headers));
		this.headers = Object.keys(headers).length > 0 ? headers : undefined;
	}

	/** The call has ended. */
	ended(record: CallRecord): void {
		this.#isOver = true;
		for (const exporter of this.#exporters) exporter.ended(record);
	}

	/** The caller got an error, which carries the received part of the reply. */
	failed({ name, message, partial }: { name: string; message: string; partial?: unknown }): void {
		this.#flush();
		// The call failed before it reached the core, which has sent the record of any other call.
		if (!this.#isOver) this.#fail(name, message);
		this.replied(partial ?? null);
	}

	/** The caller got a reply. */
	replied(reply: unknown): void {
		for (const exporter of this.#exporters) exporter.replied?.(reply);
	}

	/** Wraps a stream, so that its record is passed on at once if it is closed, and its reply if an exporter wants it. */
	watch(stream: NativeStream): NativeStream {
		const wantsReply = this.#exporters.some((exporter) => exporter.wantsReply);
		const reply = () => {
			if (!wantsReply) return;
			stream.snapshot().then(
				(whole) => this.replied(whole ? JSON.parse(whole) : null),
				() => this.replied(null),
			);
		};
		const seen = (text: string | null | undefined) => {
			// An empty text: nothing was read ahead. No text: the end.
			if (wantsReply && text !== "" && !(text && !isEnd(text))) reply();
			return text;
		};
		const { tryNext } = stream;
		const watched: NativeStream = {
			head: () => stream.head(),
			...(tryNext && { tryNext: (view: View) => seen(tryNext.call(stream, view)) }),
			next: async (view) => seen(await stream.next(view)),
			snapshot: () => stream.snapshot(),
			cancel: () => {
				stream.cancel();
				this.#flush();
				reply();
			},
		};
		collected.register(watched, this.#flush);
		return watched;
	}
}

/** Whether a batch is the last one, or an error. */
function isEnd(text: string): boolean {
	const { done, error } = JSON.parse(text) as { done?: boolean; error?: unknown };
	return done === true || error !== undefined;
}
