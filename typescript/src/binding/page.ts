// The page under the wasm module: sends, reads and counts time for it.
//
// Rule: does what the module requests and reports the outcome to it, one exchange at a time. Decides nothing. The promise of a read is
// all that stands between the network and the module. Timers and reads throw nothing: a module that fails ends the call with an error.

import type { NativeClient, NativeStream } from "./binding.js";
import { localErrorFields } from "./failure.js";

/** Something that is under way in the module: see `bindings-wasm/src/lib.rs`. */
export interface NativeWork {
	step(now: number): number;
	alarm(): number;
	told(): string;
	heard(): string;
	ask(what: string): void;
	request(): string;
	body(): string;
	head(status: number, headers: string): void;
	push(bytes: Uint8Array): void;
	end(): void;
	fail(why: string, isRefused: boolean): void;
	cancel(): void;
	free(): void;
}

/** A client in the module. */
export interface PageClient {
	baseUrl(): string;
	spent(): string;
	estimate(endpoint: string, body: string, options: string): string;
	call(endpoint: string, body: string, options: string): NativeWork;
	stream(endpoint: string, body: string, options: string): NativeWork;
}

// What the module asks for, as bits (`bindings-wasm/src/host.rs`).
const close = 1;
const release = 2;
const send = 4;
const read = 8;
const told = 16;
const heard = 32;

/** How long a connection may take to end a body whose end was said, before it is given up, in milliseconds. */
const patience = 1000;
/** The longest time that `setTimeout` takes; for a longer wait it is set again. */
const longest = 2 ** 31 - 1;

/** How many bytes are taken at once, at most, before the page goes on. */
const most = 1 << 16;

type Reader = ReadableStreamDefaultReader<Uint8Array>;

/** A request and its answer. */
class Exchange {
	readonly controller: AbortController = new AbortController();
	reader: Reader | undefined;
	isReading = false;

	/** Gives it up. */
	abort(): void {
		this.controller.abort();
		// Hosts may forget what to abort once nobody holds the response; its body can still be given up.
		this.reader?.cancel().catch(() => undefined);
	}

	/** Reads what is left, so that the connection can serve the next request, but not for long. */
	async drain(): Promise<void> {
		const timer = setTimeout(() => this.controller.abort(), patience);
		try {
			while (this.reader && !(await this.reader.read()).done);
		} catch {
			// What is left is of no interest.
		}
		clearTimeout(timer);
	}
}

/** Whoever is waited for is kept, by nobody else perhaps: reads and timers hold a driver weakly. */
const busy = new Set<Driver>();
/** A stream that is forgotten closes its connection. */
const forgotten = new FinalizationRegistry<Exchange>((exchange) => exchange.abort());

/** Does what a work asks for. */
class Driver {
	readonly work: NativeWork;
	readonly #hear: (lines: string) => void;
	#exchange: Exchange | undefined;
	#listener: ((text: string) => void) | undefined;
	#timer: ReturnType<typeof setTimeout> | undefined;
	/** How many bytes were read since the last step. */
	#taken = 0;
	/** How many turns of the microtasks are waited for. */
	#turns = 0;
	/** For when the timer is set. */
	#alarm = Number.POSITIVE_INFINITY;
	/** The error of a module that failed, as the core writes errors. */
	#failure: string | undefined;

	constructor(work: NativeWork, hear: (lines: string) => void) {
		this.work = work;
		this.#hear = hear;
	}

	/** Goes on until the work tells something. */
	next(): Promise<string> {
		return new Promise((resolve) => {
			busy.add(this);
			this.#listener = resolve;
			this.#guard(() => this.#step());
		});
	}

	/** Whether the module failed. */
	get isBroken(): boolean {
		return this.#failure !== undefined;
	}

	/** Does something with the module. An exception of it is the end of the work. */
	#guard(action: () => void): void {
		try {
			if (this.#failure === undefined) action();
		} catch (why) {
			this.#failure = JSON.stringify({ error: localErrorFields("APIError", `the wasm module failed: ${reason(why)}`) });
			this.#leave()?.abort();
		}
		if (this.#failure !== undefined) this.#settle(this.#failure);
	}

	#settle(text: string): void {
		const listener = this.#listener;
		this.#listener = undefined;
		busy.delete(this);
		listener?.(text);
	}

	/** Whether somebody waits for what the work tells. */
	get isBusy(): boolean {
		return this.#listener !== undefined;
	}

	/** Gives the work up; whoever waits is told so. */
	cancel(): void {
		this.#guard(() => {
			this.work.cancel();
			if (!this.isBusy) this.work.ask("close");
			this.#step();
		});
	}

	/** Nothing more is wanted. */
	end(): void {
		this.#leave()?.abort();
		this.#guard(() => this.work.free());
	}

	#step(): void {
		const { work } = this;
		const tasks = work.step(Date.now());
		if (tasks & close) this.#leave()?.abort();
		else if (tasks & release) void this.#leave()?.drain();
		if (tasks & send) void this.#send(work.request(), work.body());
		const lines = tasks & heard ? work.heard() : "";
		if (tasks & told) {
			this.#settle(work.told());
		} else {
			if (tasks & read) this.#read();
			const alarm = work.alarm();
			if (alarm !== this.#alarm) this.#wait(alarm);
		}
		// Last, since a logger may cancel the call.
		if (lines) this.#hear(lines);
	}

	#wait(alarm: number): void {
		clearTimeout(this.#timer);
		this.#alarm = alarm;
		if (alarm === Number.POSITIVE_INFINITY) return;
		const held = new WeakRef(this);
		this.#timer = setTimeout(() => held.deref()?.rung(), Math.min(Math.max(alarm - Date.now(), 0), longest));
	}

	/** The timer has rung. */
	rung(): void {
		this.#alarm = Number.POSITIVE_INFINITY;
		this.#guard(() => this.#step());
	}

	/** Leaves the exchange that there is, and gives it. */
	#leave(): Exchange | undefined {
		this.#wait(Number.POSITIVE_INFINITY);
		const exchange = this.#exchange;
		this.#exchange = undefined;
		if (exchange) forgotten.unregister(exchange);
		return exchange;
	}

	async #send(lines: string, body: string): Promise<void> {
		const exchange = new Exchange();
		this.#exchange = exchange;
		forgotten.register(this, exchange, exchange);
		const [method, url, ...headers] = lines.split("\n") as [string, string, ...string[]];
		const { signal } = exchange.controller;
		let isRefused = true;
		let answered: () => void;
		try {
			// Following a redirect could hand the key to another origin.
			const init: RequestInit = { method, headers: pairs(headers), body: body || null, redirect: "manual", signal };
			const request = new Request(url, init);
			isRefused = false;
			const response = await fetch(request);
			exchange.reader = response.body?.getReader();
			// The browser hides status and target of a redirect.
			const status = response.type === "opaqueredirect" ? 302 : response.status;
			answered = () => this.work.head(status, [...response.headers].flat().join("\n"));
		} catch (why) {
			answered = () => this.work.fail(reason(why), isRefused);
		}
		if (this.#exchange !== exchange) {
			// Given up when the response was on its way, whose body has only a reader since.
			exchange.abort();
			return;
		}
		this.#guard(() => {
			answered();
			this.#step();
		});
	}

	/** Begins a read, unless there is one already. One is begun as soon as the last has ended, so that it may be ready when it is wanted. */
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

	/** A read brought bytes, or the end. */
	readEnded(exchange: Exchange, bytes: Uint8Array | undefined): void {
		if (this.#exchange === exchange) this.#guard(() => this.#took(exchange, bytes));
	}

	/** A read failed. */
	readFailed(exchange: Exchange, why: string): void {
		if (this.#exchange !== exchange) return;
		this.#guard(() => {
			this.work.fail(why, false);
			this.#go();
		});
	}

	#took(exchange: Exchange, bytes: Uint8Array | undefined): void {
		exchange.isReading = false;
		if (bytes === undefined) {
			this.#ended();
			return;
		}
		this.work.push(bytes);
		this.#taken += bytes.length;
		// What the browser has already is taken at once: its next read comes before this. While nobody waits, one read is enough.
		if (this.isBusy && this.#taken < most) {
			this.#read();
			this.#soon();
		} else {
			this.#go();
		}
	}

	#soon(): void {
		this.#turns += 1;
		queueMicrotask(() => {
			this.#turns -= 1;
			if (this.#turns === 0) this.#guard(() => this.#go());
		});
	}

	/** Goes on with what was read, if somebody waits for it. */
	#go(): void {
		this.#taken = 0;
		if (this.isBusy) this.#step();
	}

	/** The body has ended. */
	#ended(): void {
		this.#leave();
		this.work.end();
		this.#go();
	}
}

function pairs(parts: string[]): [string, string][] {
	return parts.flatMap((name, place) => (place % 2 === 0 ? [[name, parts[place + 1] as string]] : []));
}

function reason(why: unknown): string {
	return (why as Error | undefined)?.message || "the connection broke";
}

/** A client, for the facade. */
export class Client implements NativeClient {
	readonly baseUrl: string;
	readonly #native: PageClient;
	/** The calls that have not ended. */
	readonly #calls = new Map<number, Driver>();
	#bell: (() => void) | undefined;
	#heard = "";

	constructor(native: PageClient) {
		this.#native = native;
		this.baseUrl = native.baseUrl();
	}

	spent(): string {
		return this.#native.spent();
	}

	estimate(endpoint: string, body: string, options: string): string {
		return this.#native.estimate(endpoint, body, options);
	}

	observe(bell: () => void): void {
		this.#bell = bell;
	}

	heard(): string {
		const lines = this.#heard;
		this.#heard = "";
		return lines;
	}

	readonly #hear = (lines: string): void => {
		this.#heard += lines;
		this.#bell?.();
	};

	async call(number: number, endpoint: string, body: string, options: string): Promise<string> {
		const driver = new Driver(this.#native.call(endpoint, body, options), this.#hear);
		const text = await this.#first(number, driver);
		driver.end();
		return text;
	}

	async stream(number: number, endpoint: string, body: string, options: string): Promise<NativeStream | string> {
		const driver = new Driver(this.#native.stream(endpoint, body, options), this.#hear);
		const text = await this.#first(number, driver);
		return text.startsWith('{"error"') ? text : new Streamed(driver, text);
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

class Streamed implements NativeStream {
	readonly #driver: Driver;
	readonly #head: string;

	constructor(driver: Driver, head: string) {
		this.#driver = driver;
		this.#head = head;
	}

	head(): string {
		return this.#head;
	}

	nextBatch(): Promise<string> {
		return this.nextEvents("chunks");
	}

	nextEvents(view: string): Promise<string> {
		this.#driver.work.ask(view);
		return this.#driver.next();
	}

	async snapshot(): Promise<string | undefined> {
		return this.#driver.isBusy || this.#driver.isBroken ? undefined : this.nextEvents("snapshot");
	}

	cancel(): void {
		this.#driver.cancel();
	}
}
