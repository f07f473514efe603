// The addon under the interface of a binary module.
//
// Rule: makes promises of numbers. The addon posts the outcome of a call or a read under its number, in one mailbox for this thread, and
// calls back once for all of them. The process goes on while an outcome is pending.

import { nextNumber } from "../requests/calls.js";
import type { Binding, BindingOptions, NativeClient, NativeStream } from "./binding.js";
import type { Kit, NativeConversation } from "./kit.js";

type Text = string | null;
/** What was posted: numbers, each with what the wait ends with. */
type Posted = (number | Text | AddonStream)[];

interface AddonStream {
	head(): string;
	tryBatch(): Text;
	tryEvents(view: string): Text;
	nextBatch(number: number): void;
	nextEvents(number: number, view: string): void;
	snapshot(number: number): void;
	cancel(): void;
}

interface AddonClient extends Omit<NativeClient, "call" | "observe" | "stream"> {
	/** Posts under this number whenever `heard` has something new. */
	observe(number: number): void;
	call(number: number, endpoint: string, body: string, options: string): void;
	stream(number: number, endpoint: string, body: string, options: string): void;
}

interface AddonMailbox {
	take(): Posted;
	/** Whether the process goes on until there is something to take. */
	hold(holds: boolean): void;
}

/** What the addon exports. */
export interface Addon {
	check(options: string): Text;
	assist(operation: string, input: string): string;
	NativeClient: new (options: string, mailbox: AddonMailbox) => AddonClient;
	NativeMailbox: new (callback: () => void, resource: { hasRef(): boolean }) => AddonMailbox;
	kit(operation: string, input: string): string;
	NativeConversation: new () => NativeConversation;
}

/** Observers of a client that was collected are dropped. */
const collected = new FinalizationRegistry<() => void>((drop) => drop());

/** What waits for the mailbox of this thread. */
class Waiting {
	readonly mailbox: AddonMailbox;
	readonly #resolvers = new Map<number, (outcome: never) => void>();
	readonly #observers = new Map<number, () => void>();

	constructor(addon: Addon) {
		// Jest reports a resource that does not answer `hasRef()` as an open handle.
		const resource = { hasRef: () => this.#resolvers.size > 0 };
		this.mailbox = new addon.NativeMailbox(() => this.#deliver(), resource);
	}

	/** The outcome that is posted under a number after `start`. */
	for<T extends Text | AddonStream>(number: number, start: () => void): Promise<T> {
		return new Promise((resolve) => {
			start();
			if (this.#resolvers.size === 0) this.mailbox.hold(true);
			this.#resolvers.set(number, resolve);
		});
	}

	/** Calls `observer` whenever something is posted under the returned number, as long as `owner` lives. */
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

class OverStream implements NativeStream {
	readonly #stream: AddonStream;
	readonly #waiting: Waiting;

	constructor(stream: AddonStream, waiting: Waiting) {
		this.#stream = stream;
		this.#waiting = waiting;
	}

	head(): string {
		return this.#stream.head();
	}

	tryBatch(): Text {
		return this.#stream.tryBatch();
	}

	tryEvents(view: string): Text {
		return this.#stream.tryEvents(view);
	}

	nextBatch(): Promise<Text> {
		const number = nextNumber();
		return this.#waiting.for(number, () => this.#stream.nextBatch(number));
	}

	nextEvents(view: string): Promise<Text> {
		const number = nextNumber();
		return this.#waiting.for(number, () => this.#stream.nextEvents(number, view));
	}

	snapshot(): Promise<Text> {
		const number = nextNumber();
		return this.#waiting.for(number, () => this.#stream.snapshot(number));
	}

	cancel(): void {
		this.#stream.cancel();
	}
}

class OverClient implements NativeClient {
	readonly baseUrl: string;
	readonly #client: AddonClient;
	readonly #waiting: Waiting;

	constructor(client: AddonClient, waiting: Waiting) {
		this.baseUrl = client.baseUrl;
		this.#client = client;
		this.#waiting = waiting;
	}

	spent(): string {
		return this.#client.spent();
	}

	estimate(endpoint: string, body: string, options: string): string {
		return this.#client.estimate(endpoint, body, options);
	}

	observe(bell: () => void): void {
		this.#client.observe(this.#waiting.observe(this, bell));
	}

	heard(): string {
		return this.#client.heard();
	}

	call(number: number, endpoint: string, body: string, options: string): Promise<string> {
		return this.#waiting.for(number, () => this.#client.call(number, endpoint, body, options));
	}

	async stream(number: number, endpoint: string, body: string, options: string): Promise<NativeStream | string> {
		const opened = await this.#waiting.for<string | AddonStream>(number, () =>
			this.#client.stream(number, endpoint, body, options),
		);
		return typeof opened === "string" ? opened : new OverStream(opened, this.#waiting);
	}

	cancel(number: number): void {
		this.#client.cancel(number);
	}
}

/** The addon as a client's binary module. */
export function overAddon(addon: Addon): Binding {
	let waiting: Waiting | undefined;
	return {
		check: (options: BindingOptions) => addon.check(JSON.stringify(options)),
		make: (options: BindingOptions) => {
			waiting ??= new Waiting(addon);
			return new OverClient(new addon.NativeClient(JSON.stringify(options), waiting.mailbox), waiting);
		},
		assist: (operation, input) => addon.assist(operation, input),
	};
}

/** The addon as what lies beside a client. */
export function kitOf(addon: Addon): Kit {
	return {
		kit: (operation, input) => addon.kit(operation, input),
		conversation: () => new addon.NativeConversation(),
	};
}
