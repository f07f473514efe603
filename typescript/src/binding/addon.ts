// The addon as a `Binding`.
//
// Each call and each read has a number. The addon posts the outcome under that number to the mailbox of this thread and calls back once for all
// outcomes; promises are created here. The process stays alive while an outcome is pending.

import {
	type Binding,
	type ClientCore,
	type NativeClient,
	type NativeStream,
	nextNumber,
	type View,
} from "./binding.js";
import type { Kit, NativeConversation } from "./kit.js";
import type { BatchCore, NativeBatch } from "./native-batch.js";
import type { NativeVocabulary } from "./vocabulary.js";

type Text = string | null;
/** Posted outcomes: alternating numbers and values. */
type Posted = (number | Text | AddonStream | AddonBatch)[];

interface AddonBatch extends BatchCore {
	wait(number: number): void;
}

interface AddonStream {
	head(): string;
	tryNext(view: View): Text;
	next(number: number, view: View): void;
	snapshot(number: number): void;
	cancel(): void;
}

interface AddonClient extends ClientCore, Pick<NativeClient, "notices" | "recordFailure" | "cancel"> {
	/** Posts to this number whenever `notices` returns something new. */
	observe(number: number): void;
	call(number: number, endpoint: string, body: string, options: string): void;
	stream(number: number, endpoint: string, body: string, options: string): void;
	batch(
		number: number,
		input: string | undefined,
		log: string | undefined,
		options: string,
		request: string,
		hasReports: boolean,
	): void;
}

interface AddonMailbox {
	take(): Posted;
	/** Sets whether the process stays alive until there is something to take. */
	hold(holds: boolean): void;
}

/** The exports of the addon. */
export interface Addon {
	check(options: string): Text;
	operation(name: string, input: string): string;
	NativeClient: new (options: string, mailbox: AddonMailbox) => AddonClient;
	NativeMailbox: new (callback: () => void, resource: { hasRef(): boolean }) => AddonMailbox;
	NativeConversation: new () => NativeConversation;
	NativeVocabulary: new () => NativeVocabulary;
}

/** Removes the observers of clients that were collected. */
const collected = new FinalizationRegistry<() => void>((drop) => drop());

/** The pending waits of this thread. */
class PendingWaits {
	readonly mailbox: AddonMailbox;
	readonly #resolvers = new Map<number, (outcome: never) => void>();
	readonly #observers = new Map<number, () => void>();

	constructor(addon: Addon) {
		// Jest reports a resource that does not answer `hasRef()` as an open handle.
		const resource = { hasRef: () => this.#resolvers.size > 0 };
		this.mailbox = new addon.NativeMailbox(() => this.#deliver(), resource);
	}

	/** Calls `start` and returns the outcome that is posted under `number`. */
	wait<T extends Text | AddonStream | AddonBatch>(number: number, start: () => void): Promise<T> {
		return new Promise((resolve) => {
			start();
			if (this.#resolvers.size === 0) this.mailbox.hold(true);
			this.#resolvers.set(number, resolve);
		});
	}

	/** Calls `observer` whenever something is posted under the returned number, as long as `owner` is alive. */
	observe(owner: object, observer: () => void): number {
		const number = nextNumber();
		this.#observers.set(number, observer);
		collected.register(owner, () => this.#observers.delete(number));
		return number;
	}

	#deliver(): void {
		const posted = this.mailbox.take();
		for (let at = 0; at < posted.length; at += 2) {
			const number = posted[at] as number;
			const resolve = this.#resolvers.get(number);
			if (resolve) {
				resolve(posted[at + 1] as never);
				this.#resolvers.delete(number);
			} else {
				this.#observers.get(number)?.();
			}
		}
		if (this.#resolvers.size === 0) this.mailbox.hold(false);
	}
}

class AddonNativeStream implements NativeStream {
	readonly #stream: AddonStream;
	readonly #pending: PendingWaits;

	constructor(stream: AddonStream, pending: PendingWaits) {
		this.#stream = stream;
		this.#pending = pending;
	}

	head(): string {
		return this.#stream.head();
	}

	tryNext(view: View): Text {
		return this.#stream.tryNext(view);
	}

	next(view: View): Promise<Text> {
		const number = nextNumber();
		return this.#pending.wait(number, () => this.#stream.next(number, view));
	}

	snapshot(): Promise<Text> {
		const number = nextNumber();
		return this.#pending.wait(number, () => this.#stream.snapshot(number));
	}

	cancel(): void {
		this.#stream.cancel();
	}
}

class AddonNativeBatch implements NativeBatch {
	readonly core: AddonBatch;
	readonly #pending: PendingWaits;

	constructor(batch: AddonBatch, pending: PendingWaits) {
		this.core = batch;
		this.#pending = pending;
	}

	async wait(): Promise<void> {
		const number = nextNumber();
		await this.#pending.wait<null>(number, () => this.core.wait(number));
	}
}

class AddonNativeClient implements NativeClient {
	readonly core: AddonClient;
	readonly #pending: PendingWaits;

	constructor(client: AddonClient, pending: PendingWaits) {
		this.core = client;
		this.#pending = pending;
	}

	observe(observer: () => void): void {
		this.core.observe(this.#pending.observe(this, observer));
	}

	notices(): string {
		return this.core.notices();
	}

	recordFailure(...given: Parameters<NativeClient["recordFailure"]>): void {
		this.core.recordFailure(...given);
	}

	call(number: number, endpoint: string, body: string, options: string): Promise<string> {
		return this.#pending.wait(number, () => this.core.call(number, endpoint, body, options));
	}

	async stream(number: number, endpoint: string, body: string, options: string): Promise<NativeStream | string> {
		const opened = await this.#pending.wait<string | AddonStream>(number, () =>
			this.core.stream(number, endpoint, body, options),
		);
		return typeof opened === "string" ? opened : new AddonNativeStream(opened, this.#pending);
	}

	async batch(
		input: string | undefined,
		log: string | undefined,
		options: string,
		request: string,
		hasReports: boolean,
	): Promise<NativeBatch | string> {
		const number = nextNumber();
		const opened = await this.#pending.wait<string | AddonBatch>(number, () =>
			this.core.batch(number, input, log, options, request, hasReports),
		);
		return typeof opened === "string" ? opened : new AddonNativeBatch(opened, this.#pending);
	}

	cancel(number: number): void {
		this.core.cancel(number);
	}
}

/** The addon as the binary module of clients. `loadWasm` loads the wasm module, which serves clients with a `fetch` of the caller. */
export function bindingOf(addon: Addon, loadWasm: () => Binding): Binding {
	let pending: PendingWaits | undefined;
	let loaded: Binding | undefined;
	const wasm = () => {
		loaded ??= loadWasm();
		return loaded;
	};
	return {
		check: (options, fetch) => (fetch ? wasm().check(options, fetch) : addon.check(JSON.stringify(options))),
		make: (options, fetch) => {
			if (fetch) return wasm().make(options, fetch);
			pending ??= new PendingWaits(addon);
			return new AddonNativeClient(new addon.NativeClient(JSON.stringify(options), pending.mailbox), pending);
		},
		operation: (name, input) => addon.operation(name, input),
		answerOperation: (name, input) => addon.operation(name, input),
	};
}

/** The addon as the module of the operations that a client does not need. */
export function kitOf(addon: Addon): Kit {
	return {
		operation: (name, input) => addon.operation(name, input),
		conversation: () => new addon.NativeConversation(),
	};
}
