// A client of the wasm module, and its streams.

import type { ClientCore, NativeClient, NativeStream } from "./binding.js";
import { Driver, type DriverClient, type NativeWork } from "./driver.js";
import type { Fetch } from "./fetch.js";

/** A client in the module. */
export interface WasmClient extends ClientCore {
	call(endpoint: string, body: string, options: string): NativeWork;
	stream(endpoint: string, body: string, options: string): NativeWork;
	/** Takes the number of a call that waited for another one and can continue: 0 if there is none, `everyCall` if there are several. */
	woken(): number;
	/** Missing in the module of clients that log no calls. */
	recordFailure?(now: number, ...given: Parameters<NativeClient["recordFailure"]>): void;
	/** Takes the notices that no step returned, one per line. */
	lateNotices(): string;
}

/** What `woken` returns for several calls (`bindings-wasm/src/host.rs`). */
const everyCall = 2 ** 32 - 1;
/** What is pulled from a stream besides a `View` (`bindings-wasm/src/client.rs`). */
const snapshot = 3;

/** A client over the wasm module. */
export class DrivenClient implements NativeClient, DriverClient {
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
		this.core.recordFailure?.(Date.now(), ...given);
	}

	notify(lines: string): void {
		this.#notices += lines;
		this.#observer?.();
	}

	/** Continues the calls that the module has woken. Not at once, since each call may wake the next one. */
	wake(): void {
		const call = this.core.woken();
		if (!call) return;
		const woken = call === everyCall ? [...this.waiting.keys()] : [call];
		for (const one of woken) queueMicrotask(() => this.waiting.get(one)?.wake());
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
