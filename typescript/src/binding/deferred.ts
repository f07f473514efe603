// Modules that are still loading, as a `Binding`.
//
// The import does not wait for a module, so that a worker misses no message and a service worker can start. Clients can be created at
// once; their calls wait for the module. Once it is loaded, wrong options throw at construction, as over the other entry points.
//
// A page has several modules, and loads those that its clients and calls need. A module that cannot be loaded is replaced by the full one, since
// a program may have copied only that one beside its code.

import { OPTION_FEATURES } from "../generated/constants.js";
import { type Binding, type BindingOptions, type ClientCore, type NativeClient, notLoaded } from "./binding.js";
import { createError, parseError } from "./errors.js";
import type { Fetch } from "./fetch.js";
import type { Answers } from "./wasm.js";

/** Functions that load modules. */
export interface Loaders {
	/** The module with every feature. */
	full(): Promise<Binding>;
	/** The module of clients without options that need a feature. Default: the full one. */
	base?(): Promise<Binding>;
	/** The module of typed answers and runs of tools. Default: the full one. */
	answers?(): Promise<Answers>;
}

/** A module that is loaded when it is first needed. */
class Loadable<T> {
	readonly #load: () => Promise<T>;
	#loading: Promise<void> | undefined;
	/** The module, once it is loaded. */
	module: T | undefined;

	constructor(load: () => Promise<T>) {
		this.#load = load;
	}

	get isStarted(): boolean {
		return this.#loading !== undefined;
	}

	/** Loads the module. Tries again after a failure. */
	ready(): Promise<void> {
		this.#loading ??= this.#start();
		return this.#loading;
	}

	async #start(): Promise<void> {
		try {
			this.module = await this.#load();
		} catch (error) {
			this.#loading = undefined;
			throw error;
		}
	}

	/** Loads the module for a later use. A failure is reported by that use; before it must not count as an unhandled rejection. */
	prepare(): void {
		this.ready().catch(() => undefined);
	}
}

/** The modules that `load` returns. Starts to load one for clients before the first of them is created. */
export function deferred(load: Loaders): Binding {
	const full = new Loadable(async () => {
		try {
			return await load.full();
		} catch (cause) {
			const why = `cannot load trilogue.wasm: ${(cause as Error).message}`;
			throw Object.assign(createError("APIConnectionError", why), { cause });
		}
	});
	/** The module that `loadPart` returns, or the full one if it fails. */
	const part = <T>(loadPart: (() => Promise<T>) | undefined): Loadable<T | Binding> => {
		if (!loadPart) return full;
		return new Loadable(async () => {
			try {
				return await loadPart();
			} catch {
				await full.ready();
				return full.module as Binding;
			}
		});
	};
	const base = part(load.base) as Loadable<Binding>;
	const answers = part(load.answers);
	/** The module for a client: the base, unless the client needs more or a page has loaded the full one already. */
	const moduleFor = (options: BindingOptions, observes = false) =>
		observes || needsFeature(options) || (full.isStarted && !base.isStarted) ? full : base;
	/** Any module that has been loaded. */
	const loaded = () => base.module ?? full.module;
	const withAnswers = () => full.module ?? answers.module;
	if (base === full) full.prepare();
	// After the program's first turn, which may create a client that needs another module.
	else setTimeout(() => moduleFor({}).prepare());
	return {
		ready: async () => {
			await moduleFor({}).ready();
			if (full.isStarted) await full.ready();
		},
		answersReady: async () => {
			if (!withAnswers()) await (full.isStarted ? full : answers).ready();
		},
		check: (options) => (moduleFor(options).module ?? loaded())?.check(options),
		make: (options, fetch, observes) => {
			const module = moduleFor(options, observes);
			module.prepare();
			return module.module?.make(options, fetch) ?? new DeferredClient(options, fetch, module, loaded);
		},
		operation: (name, input) => (loaded() ?? notLoaded()).operation(name, input),
		answerOperation: (name, input) => (withAnswers() ?? notLoaded()).answerOperation(name, input),
	};
}

/** Whether one of the options that need more than the base is given. Their values are the core's to judge. */
function needsFeature(options: BindingOptions): boolean {
	return Object.values(OPTION_FEATURES).some((names) => names.some((name) => options[name] != null));
}

/** A client that is created when its module has been loaded. */
class DeferredClient implements NativeClient {
	readonly #options: BindingOptions;
	readonly #fetch: Fetch | undefined;
	readonly #module: Loadable<Binding>;
	readonly #loaded: () => Binding | undefined;
	#client: NativeClient | undefined;
	#observer: (() => void) | undefined;

	constructor(
		options: BindingOptions,
		fetch: Fetch | undefined,
		module: Loadable<Binding>,
		loaded: () => Binding | undefined,
	) {
		this.#options = options;
		this.#fetch = fetch;
		this.#module = module;
		this.#loaded = loaded;
	}

	/** Creates the client in a module. Throws a `ConfigurationError` if an option is wrong or the module is not loaded yet. */
	#make(binding: Binding = notLoaded()): NativeClient {
		const refusal = binding.check(this.#options);
		if (refusal) throw parseError(refusal);
		return binding.make(this.#options, this.#fetch);
	}

	get #made(): NativeClient {
		if (this.#client) return this.#client;
		this.#client = this.#make(this.#module.module);
		if (this.#observer) this.#client.observe(this.#observer);
		return this.#client;
	}

	async ready(): Promise<void> {
		if (!this.#client) await this.#module.ready();
		void this.#made;
	}

	/** Before the client's module is loaded, another one answers for a client without calls: what it answers depends on no feature. */
	get core(): ClientCore {
		return (this.#client ?? this.#module.module) ? this.#made.core : this.#make(this.#loaded()).core;
	}

	observe(observer: () => void): void {
		this.#observer = observer;
	}

	notices(): string {
		return this.#client?.notices() ?? "";
	}

	recordFailure(...given: Parameters<NativeClient["recordFailure"]>): void {
		this.#client?.recordFailure(...given);
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
