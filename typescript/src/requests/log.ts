// Lines for a logger: what a call did, and how it ended.
//
// Law: nothing is done where nobody listens. Names the model and counts; tells nothing of what was asked or answered, and no key: what
// the core tells and what errors say is without them. A retry is `info`, all else `debug`. The lines are those of Python.

import type { NativeClient, NativeStream } from "../binding/binding.js";
import { createError } from "../binding/errors.js";
import type { ErrorFields } from "../binding/failure.js";
import { type APIError, errorFrom } from "../generated/errors.js";

/** Who prints lines: `console`, or a logger of the program's. */
export interface Logger {
	error(message: string): void;
	warn(message: string): void;
	info(message: string): void;
	debug(message: string): void;
}

/** The least grave lines that are wanted. */
export type LogLevel = "off" | "error" | "warn" | "info" | "debug";

const levels: readonly string[] = ["off", "error", "warn", "info", "debug"];

/** What `TRILOGUE_LOG` says, where there is an environment that may be asked. */
function asked(): string | undefined {
	try {
		return (globalThis as { process?: { env?: Record<string, string> } }).process?.env?.TRILOGUE_LOG;
	} catch {
		// Deno asks its user first.
		return undefined;
	}
}

/** Who hears of a client's calls, and of what is doubtful in them; nobody where no line is wanted. */
interface Voice {
	log: Log | undefined;
	warn: ((message: string) => void) | undefined;
}

/** A logger whose exceptions end with it: most lines are written where nothing could catch them. */
function guarded(logger: Logger): Logger {
	const write = (level: keyof Logger) => (message: string) => {
		try {
			logger[level](message);
		} catch {}
	};
	return { error: write("error"), warn: write("warn"), info: write("info"), debug: write("debug") };
}

/** The voice of one client. Throws a `ConfigurationError` where the level is none. */
export function voiceOf(level: LogLevel | undefined, given: Logger = console): Voice {
	const logger = guarded(given);
	const wanted = level ?? (asked()?.trim().toLowerCase().replace("warning", "warn") || "warn");
	const rank = levels.indexOf(wanted);
	if (rank < 0) {
		const name = level === undefined ? "TRILOGUE_LOG" : "logLevel";
		const message = `${name} is ${JSON.stringify(wanted)}: it may be ${levels.join(", ")}`;
		throw createError("ConfigurationError", message);
	}
	return {
		log: rank < levels.indexOf("info") ? undefined : new Log(logger, wanted === "debug"),
		warn: rank < levels.indexOf("warn") ? undefined : (message) => logger.warn(message),
	};
}

/** Passes on the warnings of a client whose calls are not logged. */
export function listenForWarnings(native: NativeClient, warn: (message: string) => void): void {
	// The native side may hold the listener for ever, and must not hold the client by it.
	const held = new WeakRef(native);
	native.observe(() => {
		for (const line of held.deref()?.notices().split("\n") ?? []) {
			const text = /^\d+ warning (.*)$/.exec(line)?.[1];
			if (text) warn(`trilogue: ${text}`);
		}
	});
}

/** Where the lines of a client go. */
export class Log {
	readonly logger: Logger;
	/** Whether every request and answer is wanted, and not only retries. */
	readonly wantsAll: boolean;
	/** The calls that have not ended, by number. */
	readonly #calls = new Map<number, string>();
	#native: NativeClient | undefined;

	constructor(logger: Logger, wantsAll: boolean) {
		this.logger = logger;
		this.wantsAll = wantsAll;
	}

	/** Listens to a client. */
	listen(native: NativeClient): void {
		this.#native = native;
		// The native side may hold the bell for ever, and must not hold the client by it.
		const held = new WeakRef(this);
		native.observe(() => held.deref()?.hear());
	}

	/** Writes what the core told meanwhile: requests, answers, retries. */
	hear(): void {
		for (const line of this.#native?.notices().split("\n") ?? []) {
			const [, number, kind, text] = /^(\d+) (\w+) (.*)$/.exec(line) ?? [];
			if (kind === "warning") this.logger.warn(`[${number}] ${text}`);
			else if (kind === "retrying") this.logger.info(`[${number}] ${text}`);
			else if (kind === "sending") this.logger.debug(`[${number}] ${this.#calls.get(Number(number))}: ${text}`);
			else if (kind) this.logger.debug(`[${number}] ${text}`);
		}
	}

	/** A call begins. */
	begin(number: number, endpoint: string, body: object, isStreamed: boolean): CallLog {
		const { model } = body as { model?: unknown };
		const what = `${endpoint}${model ? `, model ${model}` : ""}${isStreamed ? ", streamed" : ""}`;
		this.#calls.set(number, oneLine(what));
		return new CallLog(this, number, isStreamed);
	}

	/** A call has ended. */
	end(number: number, text: string): void {
		// What was told before comes before.
		this.hear();
		this.#calls.delete(number);
		if (this.wantsAll) this.logger.debug(`[${number}] ${oneLine(text)}`);
	}
}

/** A stream that nobody reads any more was left by its reader. */
const forgotten = new FinalizationRegistry<CallLog>((log) => log.ended(null, false));

/** The lines of one call. */
export class CallLog {
	readonly #log: Log;
	readonly #number: number;
	readonly #isStreamed: boolean;
	readonly #started: number = performance.now();
	#first: number | undefined;
	#items = 0;
	#unit = "chunks";
	#isOver = false;

	constructor(log: Log, number: number, isStreamed: boolean) {
		this.#log = log;
		this.#number = number;
		this.#isStreamed = isStreamed;
	}

	/** What the core is told of it. */
	get options(): { notice_id: number; notify_all: boolean } {
		return { notice_id: this.#number, notify_all: this.#log.wantsAll };
	}

	/** So many chunks or events were handed out. */
	count(items: number, unit: string): void {
		if (items > 0) this.#first ??= performance.now() - this.#started;
		this.#items += items;
		this.#unit = unit;
	}

	/** It failed. */
	failed({ name, message }: APIError): void {
		this.#end(`failed with ${name}`, null, message && `: ${message}`);
	}

	/** It has come to its end, or was left by its reader. */
	ended(result: unknown, isWhole = true): void {
		this.#end(isWhole ? "done" : "closed by its reader", result);
	}

	#end(outcome: string, result: unknown, why = ""): void {
		if (this.#isOver) return;
		this.#isOver = true;
		let text = `${outcome} after ${Math.round(performance.now() - this.#started)} ms`;
		if (this.#isStreamed) text += `, ${this.#items} ${this.#unit}`;
		if (this.#first !== undefined) text += `, the first after ${Math.round(this.#first)} ms`;
		const [read, written] = tokens(result);
		if (read !== undefined) text += `, ${read} tokens in`;
		if (written !== undefined) text += `, ${written} tokens out`;
		this.#log.end(this.#number, text + why);
	}

	/** The stream under watch: it ends the watch when it ends, fails or is closed. */
	watch(stream: NativeStream): NativeStream {
		let isWhole = false;
		const seen = (text: string | null | undefined, unit: string) => {
			if (text === "") return text;
			const batch = text == null ? {} : (JSON.parse(text) as Batch);
			if (batch.error) this.failed(errorFrom(batch.error));
			else this.count(sized(batch.items ?? []), unit);
			if (text == null || batch.done) {
				isWhole = true;
				stream.snapshot().then(
					(whole) => this.ended(whole ? JSON.parse(whole) : null),
					() => this.ended(null),
				);
			}
			return text;
		};
		const { tryBatch, tryEvents } = stream;
		const watched: NativeStream = {
			head: () => stream.head(),
			...(tryBatch && { tryBatch: () => seen(tryBatch.call(stream), "chunks") }),
			...(tryEvents && { tryEvents: (view) => seen(tryEvents.call(stream, view), "events") }),
			nextBatch: async () => seen(await stream.nextBatch(), "chunks"),
			nextEvents: async (view) => seen(await stream.nextEvents(view), "events"),
			snapshot: () => stream.snapshot(),
			cancel: () => {
				stream.cancel();
				if (!isWhole) this.ended(null, false);
			},
		};
		forgotten.register(watched, this);
		return watched;
	}
}

interface Batch {
	items?: unknown[];
	done?: boolean;
	error?: ErrorFields;
}

/** How many items cross in these entries (`template.ts`). */
function sized(entries: unknown[]): number {
	let items = 0;
	for (const entry of entries) {
		if (!Array.isArray(entry)) items += 1;
		else if (typeof entry[0] === "string") items += entry[1].length;
	}
	return items;
}

type Counts = Record<string, number | null | undefined>;

/** The tokens of a reply: those that it read, of a cache or not, and those that it wrote. */
function tokens(result: unknown): [read?: number | undefined, written?: number | undefined] {
	const { usage } = (result ?? {}) as { usage?: Counts | null };
	if (!usage) return [];
	const { prompt_tokens, completion_tokens, output_tokens } = usage;
	if (prompt_tokens !== undefined || completion_tokens !== undefined) {
		return [prompt_tokens ?? undefined, completion_tokens ?? undefined];
	}
	const read = [usage.input_tokens, usage.cache_read_input_tokens, usage.cache_creation_input_tokens];
	const known = read.filter((count) => count != null);
	return [known.length > 0 ? known.reduce((sum, count) => sum + count, 0) : undefined, output_tokens ?? undefined];
}

/** Text that can't begin a line of its own. */
function oneLine(text: string): string {
	return text.replace(/[\p{Cc}\u2028\u2029]/gu, " ");
}
