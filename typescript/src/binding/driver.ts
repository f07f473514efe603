// Drives a call or a stream of the wasm module: fetches, reads and sets timers for it.
//
// Performs the tasks that the module requests and reports their results, one exchange at a time; all decisions are the core's. Timers and
// reads throw nothing: if the module fails, the call ends with an error.

import { Exchange, reason } from "./exchange.js";
import { localErrorFields } from "./failure.js";
import type { Fetch } from "./fetch.js";

/** A call or a stream in progress in the module (`bindings-wasm/src/client.rs`). */
export interface NativeWork {
	/** The number of the call among those of its client. */
	readonly call: number;
	step(now: number): number;
	deadline(): number;
	output(): string;
	notices(): string;
	pull(view: number): void;
	requestHead(): string;
	requestBody(): string;
	respond(status: number, headers: string): void;
	push(bytes: Uint8Array): void;
	end(): void;
	fail(why: string, isRefused: boolean): void;
	cancel(): void;
	free(): void;
}

// The tasks that the module requests, as bits (`bindings-wasm/src/host.rs`).
const close = 1;
const release = 2;
const send = 4;
const read = 8;
const output = 16;
const notices = 32;
const wake = 64;

/** The longest delay that `setTimeout` accepts; a longer one is set again. */
const longestDelay = 2 ** 31 - 1;

/** The most bytes that are passed to the module before it continues. */
const mostBytes = 1 << 16;

// What is pulled to close a stream (`bindings-wasm/src/client.rs`).
const closeStream = 4;

/** The client of a call. */
export interface DriverClient {
	/** The function that sends requests; by default the host's. */
	readonly fetch: Fetch | undefined;
	/** The drivers with a pending wait, by the numbers of their calls. */
	readonly waiting: Map<number, Driver>;
	/** Continues the calls that the module has woken. */
	wake(): void;
	/** Passes on notices, one per line. */
	notify(lines: string): void;
}

/** Keeps drivers with a pending wait alive: reads and timers refer to them weakly. */
const busy = new Set<Driver>();
/** Closes the connection of a driver that was collected. */
const collected = new FinalizationRegistry<Exchange>((exchange) => exchange.abort());

/** Performs the tasks of a call or a stream. */
export class Driver {
	readonly work: NativeWork;
	readonly #client: DriverClient;
	#exchange: Exchange | undefined;
	#listener: ((text: string) => void) | undefined;
	#timer: ReturnType<typeof setTimeout> | undefined;
	/** How many bytes were passed to the module since the last step. */
	#passed = 0;
	/** How many microtasks are pending. */
	#microtasks = 0;
	/** The time that the timer is set for. */
	#deadline = Number.POSITIVE_INFINITY;
	/** The error of a module that failed, as the JSON text of an error. */
	#failure: string | undefined;

	constructor(work: NativeWork, client: DriverClient) {
		this.work = work;
		this.#client = client;
	}

	/** Continues until the module has output, and returns it. */
	next(): Promise<string> {
		return new Promise((resolve) => {
			busy.add(this);
			this.#client.waiting.set(this.work.call, this);
			this.#listener = resolve;
			this.#guard(() => this.#step());
		});
	}

	/** Whether the module failed. */
	get isBroken(): boolean {
		return this.#failure !== undefined;
	}

	/** Calls the module. An exception of it ends the call with an error. */
	#guard(action: () => void): void {
		try {
			if (this.#failure === undefined) action();
		} catch (why) {
			this.#failure = JSON.stringify({ error: localErrorFields("APIError", `the wasm module failed: ${reason(why)}`) });
			this.#detach()?.abort();
		}
		if (this.#failure !== undefined) this.#settle(this.#failure);
	}

	#settle(text: string): void {
		const listener = this.#listener;
		this.#listener = undefined;
		busy.delete(this);
		this.#client.waiting.delete(this.work.call);
		listener?.(text);
	}

	/** Whether a caller waits for the output. */
	get isBusy(): boolean {
		return this.#listener !== undefined;
	}

	/** Cancels the call; a pending wait ends with an error. */
	cancel(): void {
		this.#guard(() => {
			this.work.cancel();
			if (!this.isBusy) this.work.pull(closeStream);
			this.#step();
		});
	}

	/** Frees the call. */
	end(): void {
		this.#detach()?.abort();
		this.#guard(() => this.work.free());
		this.#client.wake();
	}

	/** Continues a call that waited for another one. */
	wake(): void {
		this.#guard(() => this.#step());
	}

	#step(): void {
		const { work } = this;
		const tasks = work.step(Date.now());
		if (tasks & close) this.#detach()?.abort();
		else if (tasks & release) void this.#detach()?.drain();
		if (tasks & send) void this.#send(work.requestHead(), work.requestBody());
		const lines = tasks & notices ? work.notices() : "";
		if (tasks & output) {
			this.#settle(work.output());
		} else {
			// A read of a step that sends a request belongs to the exchange before it.
			if (tasks & read && !(tasks & send)) this.#read();
			const deadline = work.deadline();
			if (deadline !== this.#deadline) this.#setTimer(deadline);
		}
		if (tasks & wake) this.#client.wake();
		// Last, since a logger may cancel the call.
		if (lines) this.#client.notify(lines);
	}

	#setTimer(deadline: number): void {
		clearTimeout(this.#timer);
		this.#deadline = deadline;
		if (deadline === Number.POSITIVE_INFINITY) return;
		const held = new WeakRef(this);
		this.#timer = setTimeout(
			() => held.deref()?.timerExpired(),
			Math.min(Math.max(deadline - Date.now(), 0), longestDelay),
		);
	}

	/** Called when the timer expires. */
	timerExpired(): void {
		this.#deadline = Number.POSITIVE_INFINITY;
		this.#guard(() => this.#step());
	}

	/** Detaches the current exchange and returns it. */
	#detach(): Exchange | undefined {
		this.#setTimer(Number.POSITIVE_INFINITY);
		const exchange = this.#exchange;
		this.#exchange = undefined;
		if (exchange) collected.unregister(exchange);
		return exchange;
	}

	async #send(head: string, body: string): Promise<void> {
		const exchange = new Exchange();
		this.#exchange = exchange;
		collected.register(this, exchange, exchange);
		// The host's function is read here, since programs replace it.
		const answer = await exchange.send(this.#client.fetch ?? globalThis.fetch, head, body);
		if (this.#exchange !== exchange) {
			// Cancelled while the response was arriving.
			exchange.abort();
			return;
		}
		this.#guard(() => {
			if ("why" in answer) this.work.fail(answer.why, answer.isRefused);
			else this.work.respond(answer.status, answer.headers);
			this.#step();
		});
	}

	/** Starts a read, unless one is running. The next read starts when the last one has ended, so that it may be ready when it is needed. */
	#read(): void {
		const exchange = this.#exchange;
		if (exchange === undefined || exchange.isReading) return;
		if (exchange.reader === undefined) {
			this.#ended();
			return;
		}
		exchange.isReading = true;
		const held = new WeakRef(this);
		exchange.reader.read().then(
			({ done, value }) => held.deref()?.readEnded(exchange, done ? undefined : value),
			(why) => held.deref()?.readFailed(exchange, reason(why)),
		);
	}

	/** Called when a read has ended; without bytes at the end of the body. */
	readEnded(exchange: Exchange, bytes: Uint8Array | undefined): void {
		if (this.#exchange === exchange) this.#guard(() => this.#take(exchange, bytes));
	}

	/** Called when a read has failed. */
	readFailed(exchange: Exchange, why: string): void {
		if (this.#exchange !== exchange) return;
		this.#guard(() => {
			this.work.fail(why, false);
			this.#continue();
		});
	}

	#take(exchange: Exchange, bytes: Uint8Array | undefined): void {
		exchange.isReading = false;
		if (bytes === undefined) {
			this.#ended();
			return;
		}
		this.work.push(bytes);
		this.#passed += bytes.length;
		// Bytes that the browser has already are taken in one step: their reads end before the microtask. If no caller waits, one read is enough.
		if (this.isBusy && this.#passed < mostBytes) {
			this.#read();
			this.#continueSoon();
		} else {
			this.#continue();
		}
	}

	#continueSoon(): void {
		this.#microtasks += 1;
		queueMicrotask(() => {
			this.#microtasks -= 1;
			if (this.#microtasks === 0) this.#guard(() => this.#continue());
		});
	}

	/** Continues with the bytes that were read, if a caller is waiting. */
	#continue(): void {
		this.#passed = 0;
		if (this.isBusy) this.#step();
	}

	/** Reports the end of the body. */
	#ended(): void {
		this.#detach();
		this.work.end();
		this.#continue();
	}
}
