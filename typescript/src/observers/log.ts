// Log lines: what happens to a call, and how it ends. `observers.ts` passes them on.
//
// The core writes the lines, which contain neither keys nor the content of messages. Without a logger for a level, nothing is done for it.

import { createError } from "../binding/errors.js";
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

	constructor(logger: Logger, rank: number) {
		this.#logger = logger;
		this.#rank = rank;
	}

	/** Whether lines of a level are logged. */
	#logs(level: keyof Logger): boolean {
		return this.#rank >= levels.indexOf(level);
	}

	/** Whether lines of calls are logged. */
	get logsCalls(): boolean {
		return this.#logs("info");
	}

	/** Whether each request, response and end is logged, and not only retries. */
	get logsAll(): boolean {
		return this.#logs("debug");
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

	/** Writes a notice of the core about the call with this number. */
	notice(number: string, level: string, text: string): void {
		const method = methods[level];
		if (method && this.logsCalls) this.#write(method, `[${number}] ${text}`);
		else if (method === "warn") this.warn(text);
	}
}
