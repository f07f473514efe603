// The observers of a client's calls: they receive the core's notices, and pass them on to logs and exporters.
//
// Nothing is measured here: the last notice of a call is its record, which exporters format. Without a listener, a call has no observer.

import type { NativeClient } from "../binding/binding.js";
import type { CallRecord } from "../generated/record.js";
import { CallObserver } from "./call-observer.js";
import { describeError } from "./describe-error.js";
import { type CallExporter, exporters, type RunTrace } from "./exporters.js";
import type { Log } from "./log.js";

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
			const [, number = "", level = "", text = ""] = /^(\d+) (\w+) (.*)$/s.exec(line) ?? [];
			if (level === "record") {
				const call = this.#calls.get(Number(number));
				this.#calls.delete(Number(number));
				call?.ended(JSON.parse(text) as CallRecord);
			} else if (level) {
				this.#log?.notice(number, level, text);
			}
		}
	}

	/** Calls an exporter. Its exception is a warning: it must not end the call, or keep others from their ends. */
	#guard<T>(action: () => T): T | undefined {
		try {
			return action();
		} catch (error) {
			const { name, message } = describeError(error);
			this.#log?.warn(`an exporter of calls has failed: ${name}: ${message}`);
			return undefined;
		}
	}

	/** Begins to observe a call; undefined if no one listens. */
	begin(number: number, endpoint: string, body: object, isStreamed: boolean, run?: RunTrace): CallObserver | undefined {
		const native = this.#native;
		const started: CallExporter[] = [];
		for (const exporter of exporters) {
			const one = this.#guard(() => exporter({ endpoint, baseURL: native.core.baseUrl, body, isStreamed, run }));
			if (one) started.push(one);
		}
		if (!this.#log?.logsCalls && started.length === 0) return undefined;
		const options = { notice_id: number, notify_all: this.#log?.logsAll ?? false };
		// A body that is no object is refused by the core.
		const model = (body as { model?: unknown } | null | undefined)?.model;
		const observer = new CallObserver(options, started, {
			flush: () => this.flush(),
			guard: (action) => this.#guard(action),
			fail: (name, message) => {
				const requested = typeof model === "string" ? model : undefined;
				native.recordFailure(number, endpoint, requested, isStreamed, name, message);
				this.flush();
				// A client whose module could not be loaded makes no record.
				this.#calls.delete(number);
			},
		});
		this.#calls.set(number, observer);
		return observer;
	}
}
