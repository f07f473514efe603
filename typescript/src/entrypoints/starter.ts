// Starts a wasm module that the program loads: once, also if `init` is called by several parts of it.

import type { WasmSource } from "../binding/wasm.js";

/** Starts a module once. A start after a failed one tries again. */
export class Starter {
	readonly #load: (source: WasmSource | Promise<WasmSource>) => Promise<void>;
	readonly #loadSync: (source: WebAssembly.Module | BufferSource) => void;
	#ready: Promise<void> | undefined;

	constructor(
		load: (source: WasmSource | Promise<WasmSource>) => Promise<void>,
		loadSync: (source: WebAssembly.Module | BufferSource) => void,
	) {
		this.#load = load;
		this.#loadSync = loadSync;
	}

	start(source: WasmSource | Promise<WasmSource>): Promise<void> {
		if (!this.#ready) {
			this.#ready = this.#load(source);
			this.#ready.catch(() => {
				this.#ready = undefined;
			});
		}
		return this.#ready;
	}

	startSync(source: WebAssembly.Module | BufferSource): void {
		if (this.#ready) return;
		this.#loadSync(source);
		this.#ready = Promise.resolve();
	}
}
