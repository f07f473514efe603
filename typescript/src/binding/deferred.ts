// A module that is still loading, as a `Binding`.
//
// Rule: an import waits for nothing, so that a worker misses no message and a service worker can start. Clients can be made at once;
// their calls wait for the module. Once it is there, everything is as in the other entries, and wrong options are errors at construction.

import { errorFrom } from "../generated/errors.js";
import { type Binding, type BindingOptions, type NativeClient, notLoaded } from "./binding.js";
import { type ErrorFields, localErrorFields } from "./failure.js";

/** The module that `load` gives. It is loaded at once, and again after a failure when it is needed. */
export function deferred(load: () => Promise<Binding>): Binding {
	let loaded: Binding | undefined;
	let loading: Promise<void> | undefined;
	const start = async () => {
		try {
			loaded = await load();
		} catch (cause) {
			loading = undefined;
			const why = `trilogue.wasm can't be loaded: ${(cause as Error).message}`;
			throw Object.assign(errorFrom(localErrorFields("APIConnectionError", why)), { cause });
		}
	};
	const ready = () => {
		loading ??= start();
		return loading;
	};
	// Calls report a failure; before one it has no recipient.
	ready().catch(() => undefined);
	return {
		ready,
		check: (options) => loaded?.check(options),
		make: (options) => loaded?.make(options) ?? new DeferredClient(options, ready, () => loaded),
		assist: (operation, input) => (loaded ?? notLoaded()).assist(operation, input),
	};
}

/** A client that is made when the module has been loaded. */
class DeferredClient implements NativeClient {
	readonly #options: BindingOptions;
	readonly #load: () => Promise<void>;
	readonly #loaded: () => Binding | undefined;
	#client: NativeClient | undefined;
	#observer: (() => void) | undefined;

	constructor(options: BindingOptions, load: () => Promise<void>, loaded: () => Binding | undefined) {
		this.#options = options;
		this.#load = load;
		this.#loaded = loaded;
	}

	/** The client. Throws a `ConfigurationError` where an option is wrong, or the module isn't there yet. */
	get #made(): NativeClient {
		if (this.#client) return this.#client;
		const binding = this.#loaded() ?? notLoaded();
		const refusal = binding.check(this.#options);
		if (refusal) throw errorFrom((JSON.parse(refusal) as { error: ErrorFields }).error);
		this.#client = binding.make(this.#options);
		if (this.#observer) this.#client.observe(this.#observer);
		return this.#client;
	}

	async ready(): Promise<void> {
		if (!this.#client) await this.#load();
		void this.#made;
	}

	get baseUrl(): string {
		return this.#made.baseUrl;
	}

	spent(): string {
		return this.#made.spent();
	}

	estimate(endpoint: string, body: string, options: string): string {
		return this.#made.estimate(endpoint, body, options);
	}

	observe(observer: () => void): void {
		this.#observer = observer;
	}

	heard(): string {
		return this.#client?.heard() ?? "";
	}

	call(...given: Parameters<NativeClient["call"]>): ReturnType<NativeClient["call"]> {
		return this.#made.call(...given);
	}

	stream(...given: Parameters<NativeClient["stream"]>): ReturnType<NativeClient["stream"]> {
		return this.#made.stream(...given);
	}

	cancel(number: number): void {
		this.#client?.cancel(number);
	}
}
