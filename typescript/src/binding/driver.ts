// Drives a client of the wasm module: fetches, reads and sets timers for it.
//
// Performs the tasks that the module requests and reports their results, one exchange at a time; all decisions are the core's. Timers and
// reads throw nothing: if the module fails, the call ends with an error.

import type { ClientCore, NativeClient, NativeStream } from "./binding.js";
import { localErrorFields } from "./failure.js";
import type { Fetch, FetchInit, FetchResponse } from "./fetch.js";

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

/** A client in the module. */
export interface WasmClient extends ClientCore {
	call(endpoint: string, body: string, options: string): NativeWork;
	stream(endpoint: string, body: string, options: string): NativeWork;
	/** Takes the number of a call that waited for another one and can continue; 0 if there is none. */
	woken(): number;
	recordFailure(now: number, ...given: Parameters<NativeClient["recordFailure"]>): void;
	/** Takes the notices that no step returned, one per line. */
	lateNotices(): string;
}

// The tasks that the module requests, as bits (`bindings-wasm/src/host.rs`).
const close = 1;
const release = 2;
const send = 4;
const read = 8;
const output = 16;
const notices = 32;
const wake = 64;

// What is pulled from a stream besides a `View` (`bindings-wasm/src/client.rs`).
const snapshot = 3;
const closeStream = 4;

/** How long a complete response may take to end its body before the connection is aborted, in milliseconds. */
const drainTimeout = 1000;
/** The longest delay that `setTimeout` accepts; a longer one is set again. */
const longestDelay = 2 ** 31 - 1;

/** The most bytes that are passed to the module before it continues. */
const mostBytes = 1 << 16;

type Reader = ReturnType<NonNullable<FetchResponse["body"]>["getReader"]>;

/** A request and its response. */
class Exchange {
	readonly controller: AbortController = new AbortController();
	reader: Reader | undefined;
	isReading = false;

	/** Aborts the request and closes the connection. */
	abort(): void {
		this.controller.abort();
		// Some hosts ignore the signal once the response was collected; its body can still be cancelled.
		this.reader?.cancel().catch(() => undefined);
	}

	/** Reads the rest of the body for a short time, so that the connection can be reused. */
	async drain(): Promise<void> {
		const timer = setTimeout(() => this.controller.abort(), drainTimeout);
		try {
			while (this.reader && !(await this.reader.read()).done);
		} catch {
			// The rest of the body is not needed.
		}
		clearTimeout(timer);
	}
}

/** Keeps drivers with a pending wait alive: reads and timers refer to them weakly. */
const busy = new Set<Driver>();
/** Closes the connection of a driver that was collected. */
const collected = new FinalizationRegistry<Exchange>((exchange) => exchange.abort());

/** Performs the tasks of a call or a stream. */
class Driver {
	readonly work: NativeWork;
	readonly #client: DrivenClient;
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

	constructor(work: NativeWork, client: DrivenClient) {
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

	async #send(lines: string, body: string): Promise<void> {
		const exchange = new Exchange();
		this.#exchange = exchange;
		collected.register(this, exchange, exchange);
		const [method, url, ...headers] = lines.split("\n") as [string, string, ...string[]];
		const { signal } = exchange.controller;
		// Following a redirect could hand the key to another origin.
		const init: FetchInit = { method, headers: record(headers), body: body || null, redirect: "manual", signal };
		let report: () => void;
		try {
			// Some hosts send a body of unknown length if they are given a `Request`. The host's function is read here, since programs replace it.
			const response = await (this.#client.fetch ?? globalThis.fetch)(url, init);
			exchange.reader = response.body?.getReader();
			// The browser hides the status and the target of a redirect.
			const status = response.type === "opaqueredirect" ? 302 : response.status;
			report = () => this.work.respond(status, [...response.headers].flat().join("\n"));
		} catch (why) {
			const isRefused = !isValidRequest(url, init);
			report = () => this.work.fail(reason(why), isRefused);
		}
		if (this.#exchange !== exchange) {
			// Cancelled while the response was arriving.
			exchange.abort();
			return;
		}
		this.#guard(() => {
			report();
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

/** Converts alternating names and values to an object. */
function record(parts: string[]): Record<string, string> {
	return Object.fromEntries(
		parts.flatMap((name, index) => (index % 2 === 0 ? [[name, parts[index + 1] as string]] : [])),
	);
}

/** Whether the host can create the request. */
function isValidRequest(url: string, init: FetchInit): boolean {
	try {
		new Request(url, init);
		return true;
	} catch {
		return false;
	}
}

function reason(why: unknown): string {
	return (why as Error | undefined)?.message || "the connection broke";
}

/** A client over the wasm module. */
export class DrivenClient implements NativeClient {
	readonly core: WasmClient;
	readonly fetch: Fetch | undefined;
	/** The drivers with a pending wait, by the numbers of their calls. */
	readonly waiting: Map<number, Driver> = new Map();
	/** The calls that have not ended. */
	readonly #calls = new Map<number, Driver>();
	#observer: (() => void) | undefined;
	#notices = "";

	constructor(native: WasmClient, fetch?: Fetch) {
		this.core = native;
		this.fetch = fetch;
	}

	observe(observer: () => void): void {
		this.#observer = observer;
	}

	notices(): string {
		const lines = this.#notices + this.core.lateNotices();
		this.#notices = "";
		return lines;
	}

	recordFailure(...given: Parameters<NativeClient["recordFailure"]>): void {
		this.core.recordFailure(Date.now(), ...given);
	}

	notify(lines: string): void {
		this.#notices += lines;
		this.#observer?.();
	}

	/** Continues the call that the module has woken. Not at once, since each call may wake the next one. */
	wake(): void {
		const call = this.core.woken();
		if (call) queueMicrotask(() => this.waiting.get(call)?.wake());
	}

	async call(number: number, endpoint: string, body: string, options: string): Promise<string> {
		const driver = new Driver(this.core.call(endpoint, body, options), this);
		const text = await this.#first(number, driver);
		driver.end();
		return text;
	}

	async stream(number: number, endpoint: string, body: string, options: string): Promise<NativeStream | string> {
		const driver = new Driver(this.core.stream(endpoint, body, options), this);
		const text = await this.#first(number, driver);
		return text.startsWith('{"error"') ? text : new DrivenStream(driver, text);
	}

	async #first(number: number, driver: Driver): Promise<string> {
		this.#calls.set(number, driver);
		try {
			return await driver.next();
		} finally {
			this.#calls.delete(number);
		}
	}

	cancel(number: number): void {
		this.#calls.get(number)?.cancel();
	}
}

class DrivenStream implements NativeStream {
	readonly #driver: Driver;
	readonly #head: string;

	constructor(driver: Driver, head: string) {
		this.#driver = driver;
		this.#head = head;
	}

	head(): string {
		return this.#head;
	}

	next(view: number): Promise<string> {
		this.#driver.work.pull(view);
		return this.#driver.next();
	}

	async snapshot(): Promise<string | undefined> {
		return this.#driver.isBusy || this.#driver.isBroken ? undefined : this.next(snapshot);
	}

	cancel(): void {
		this.#driver.cancel();
	}
}
