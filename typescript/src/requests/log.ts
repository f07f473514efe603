// Log lines: what happens to a call, and how it ends.
//
// The core writes the lines, which contain neither keys nor the content of messages. Without a logger for a level, nothing is done for it.

import { type NativeClient, type NativeStream, View } from "../binding/binding.js";
import { createError } from "../binding/errors.js";
import type { ErrorFields } from "../binding/failure.js";
import { operation } from "../binding/operations.js";
import { LOG_VARIABLE } from "../generated/constants.js";

/** A logger: `console`, or one of the program's. */
export interface Logger {
	error(message: string): void;
	warn(message: string): void;
	info(message: string): void;
	debug(message: string): void;
}

/** The lowest level that is logged. */
export type LogLevel = "off" | "error" | "warn" | "info" | "debug";

const levels: readonly string[] = ["off", "error", "warn", "info", "debug"];
/** The methods of a logger, by the core's names of levels. */
const methods: Record<string, keyof Logger> = { warning: "warn", info: "info", debug: "debug" };

/** The level in the environment, if the host has one. */
function environmentLevel(): string | undefined {
	try {
		return (globalThis as { process?: { env?: Record<string, string> } }).process?.env?.[LOG_VARIABLE];
	} catch {
		// Deno has denied access.
		return undefined;
	}
}

/** Creates the log of a client; undefined if it logs nothing. Throws a `ConfigurationError` for an unknown level. */
export function createLog(logger: Logger = console, level?: LogLevel): Log | undefined {
	const lowest = level ?? (environmentLevel()?.trim().toLowerCase().replace("warning", "warn") || "warn");
	const rank = levels.indexOf(lowest);
	if (rank < 0) {
		const name = level === undefined ? LOG_VARIABLE : "logLevel";
		throw createError("ConfigurationError", `${name} is ${JSON.stringify(lowest)}: it must be ${levels.join(", ")}`);
	}
	return rank < levels.indexOf("warn") ? undefined : new Log(logger, rank);
}

/** The log of a client. */
export class Log {
	readonly #logger: Logger;
	readonly #rank: number;
	#native: NativeClient | undefined;

	constructor(logger: Logger, rank: number) {
		this.#logger = logger;
		this.#rank = rank;
	}

	/** Whether lines of a level are logged. */
	#logs(level: keyof Logger): boolean {
		return this.#rank >= levels.indexOf(level);
	}

	#write(level: keyof Logger, message: string): void {
		try {
			if (this.#logs(level)) this.#logger[level](message);
		} catch {
			// An exception of the logger must not end a call.
		}
	}

	/** Writes a warning that belongs to no line of a call. */
	warn(message: string): void {
		this.#write("warn", `trilogue: ${message}`);
	}

	/** Writes the notices of a client from now on. */
	observe(native: NativeClient): void {
		this.#native = native;
		// The native client may keep the observer for ever, and must not keep itself alive by it.
		const held = new WeakRef(this);
		native.observe(() => held.deref()?.flush());
	}

	/** Writes the notices that have arrived: requests, responses, retries, warnings. */
	flush(): void {
		for (const line of this.#native?.notices().split("\n") ?? []) {
			const [, number, level = "", text = ""] = /^(\d+) (\w+) (.*)$/.exec(line) ?? [];
			const method = methods[level];
			if (method && this.#logs("info")) this.#write(method, `[${number}] ${text}`);
			else if (method === "warn") this.warn(text);
		}
	}

	/** Starts the log of a call; undefined if no lines of calls are logged. */
	begin(number: number, isStreamed: boolean): CallLog | undefined {
		return this.#logs("info") ? new CallLog(this, number, isStreamed, this.#logs("debug")) : undefined;
	}

	/** Writes the last line of a call, after the notices about it. */
	end(number: number, text: string): void {
		this.flush();
		this.#write("debug", `[${number}] ${text}`);
	}
}

/** Ends the log of a stream that was collected. */
const collected = new FinalizationRegistry<CallLog>((log) => log.closed());

/** The log of a call. */
export class CallLog {
	/** The options that make the core send notices about the call. */
	readonly options: { notice_id: number; notify_all: boolean };
	readonly #log: Log;
	readonly #number: number;
	readonly #started: number = performance.now();
	#first: number | undefined;
	#items: number | undefined;
	#unit = "chunks";
	#isOver = false;

	constructor(log: Log, number: number, isStreamed: boolean, notifiesAll: boolean) {
		this.options = { notice_id: number, notify_all: notifiesAll };
		this.#log = log;
		this.#number = number;
		if (isStreamed) this.#items = 0;
	}

	/** The call failed. */
	failed({ name, message }: { name: string; message: string }): void {
		this.#end({ error: name, message });
	}

	/** The call has ended. */
	ended(reply: unknown): void {
		this.#end({ usage: (reply as { usage?: unknown } | null)?.usage ?? null });
	}

	/** The caller closed the stream before its end. */
	closed(): void {
		this.#end({ is_closed: true });
	}

	#end(outcome: { is_closed?: boolean; error?: string; message?: string; usage?: unknown }): void {
		if (this.#isOver) return;
		this.#isOver = true;
		const elapsed = performance.now() - this.#started;
		const counts = { elapsed, first: this.#first ?? null, items: this.#items ?? null, unit: this.#unit };
		const { text } = operation("describe_end", { is_closed: false, ...counts, ...outcome });
		this.#log.end(this.#number, text);
	}

	/** Counts the items of a batch. Returns whether it is the last one. */
	#isEnd(text: string, unit: string): boolean {
		const { items = [], done, error } = JSON.parse(text) as { items?: unknown[]; done?: boolean; error?: ErrorFields };
		if (error) this.failed({ name: error.kind, message: error.message });
		const count = countItems(items);
		if (count > 0) this.#first ??= performance.now() - this.#started;
		this.#items = (this.#items ?? 0) + count;
		this.#unit = unit;
		return done ?? false;
	}

	/** Wraps a stream so that its log ends when it ends, fails or is closed. */
	watch(stream: NativeStream): NativeStream {
		let isWhole = false;
		const seen = (text: string | null | undefined, unit: string) => {
			// An empty text: nothing was read ahead. No text: the end.
			if (text === "" || (text && !this.#isEnd(text, unit))) return text;
			isWhole = true;
			stream.snapshot().then(
				(whole) => this.ended(whole ? JSON.parse(whole) : null),
				() => this.ended(null),
			);
			return text;
		};
		const { tryNext } = stream;
		const unitOf = (view: View) => (view === View.items ? "chunks" : "events");
		const watched: NativeStream = {
			head: () => stream.head(),
			...(tryNext && { tryNext: (view) => seen(tryNext.call(stream, view), unitOf(view)) }),
			next: async (view) => seen(await stream.next(view), unitOf(view)),
			snapshot: () => stream.snapshot(),
			cancel: () => {
				stream.cancel();
				if (!isWhole) this.closed();
			},
		};
		collected.register(watched, this);
		return watched;
	}
}

/** The number of items in the entries of a batch (`streaming/expander.ts`). */
function countItems(entries: unknown[]): number {
	let items = 0;
	for (const entry of entries) {
		if (!Array.isArray(entry)) items += 1;
		else if (typeof entry[0] === "string") items += entry[1].length;
	}
	return items;
}
