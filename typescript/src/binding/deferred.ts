// A module that is still loading, as a `Binding`.
//
// The import does not wait for the module, so that a worker misses no message and a service worker can start. Clients can be created at
// once; their calls wait for the module. Once it is loaded, wrong options throw at construction, as over the other entry points.

import { type Binding, type BindingOptions, type ClientCore, type NativeClient, notLoaded } from "./binding.js";
import { createError, parseError } from "./errors.js";
import type { Fetch } from "./fetch.js";

/** The module that `load` returns. Loads it at once, and tries again on the next use after a failure. */
export function deferred(load: () => Promise<Binding>): Binding {
	let loaded: Binding | undefined;
	let loading: Promise<void> | undefined;
	const start = async () => {
		try {
			loaded = await load();
		} catch (cause) {
			loading = undefined;
			const why = `cannot load trilogue.wasm: ${(cause as Error).message}`;
			throw Object.assign(createError("APIConnectionError", why), { cause });
		}
	};
	const ready = () => {
		loading ??= start();
		return loading;
	};
	// A failure is reported by the calls; before the first one it must not count as an unhandled rejection.
	ready().catch(() => undefined);
	return {
		ready,
		check: (options) => loaded?.check(options),
		make: (options, fetch) => loaded?.make(options, fetch) ?? new DeferredClient(options, fetch, ready, () => loaded),
		operation: (name, input) => (loaded ?? notLoaded()).operation(name, input),
	};
}

/** A client that is created when the module has been loaded. */
class DeferredClient implements NativeClient {
	readonly #options: BindingOptions;
	readonly #fetch: Fetch | undefined;
	readonly #load: () => Promise<void>;
	readonly #loaded: () => Binding | undefined;
	#client: NativeClient | undefined;
	#observer: (() => void) | undefined;

	constructor(
		options: BindingOptions,
		fetch: Fetch | undefined,
		load: () => Promise<void>,
		loaded: () => Binding | undefined,
	) {
		this.#options = options;
		this.#fetch = fetch;
		this.#load = load;
		this.#loaded = loaded;
	}

	/** The client. Throws a `ConfigurationError` if an option is wrong or the module is not loaded yet. */
	get #made(): NativeClient {
		if (this.#client) return this.#client;
		const binding = this.#loaded() ?? notLoaded();
		const refusal = binding.check(this.#options);
		if (refusal) throw parseError(refusal);
		this.#client = binding.make(this.#options, this.#fetch);
		if (this.#observer) this.#client.observe(this.#observer);
		return this.#client;
	}

	async ready(): Promise<void> {
		if (!this.#client) await this.#load();
		void this.#made;
	}

	get core(): ClientCore {
		return this.#made.core;
	}

	observe(observer: () => void): void {
		this.#observer = observer;
	}

	notices(): string {
		return this.#client?.notices() ?? "";
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
