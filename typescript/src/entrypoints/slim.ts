// The entry point for programs that load the wasm module themselves: bundles, service workers, other hosts.
//
// Loads nothing by itself; all else is as in the other entry points.

import { install } from "../binding/binding.js";
import { load, loadSync, type WasmSource } from "../binding/wasm.js";

let ready: Promise<void> | undefined;

/**
 * Starts the wasm module once, from a compiled module, its bytes, or its URL. The package exports the file as `trilogue/trilogue.wasm`.
 * Clients can be created after this has resolved; further calls wait for the first.
 */
export function init(source: WasmSource | Promise<WasmSource>): Promise<void> {
	ready ??= load(source).then(install);
	// A call after a failure tries again.
	ready.catch(() => {
		ready = undefined;
	});
	return ready;
}

/** As `init`, synchronously, from a compiled module or its bytes. */
export function initSync(source: WebAssembly.Module | BufferSource): void {
	if (ready) return;
	install(loadSync(source));
	ready = Promise.resolve();
}

export type { WasmSource } from "../binding/wasm.js";
export * from "../index.js";
export { Client as default } from "../index.js";
