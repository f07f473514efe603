// The entry for those who load the wasm module themselves: bundles without a top-level await, service workers, unusual hosts.
//
// Law: loads nothing by itself; everything else is as in the other entries.

import { install } from "../binding/binding.js";
import { load, loadSync, type WasmSource } from "../binding/wasm.js";

let ready: Promise<void> | undefined;

/**
 * Starts the wasm module, once: a compiled module, its bytes, or where to fetch it. It is exported as `trilogue/trilogue.wasm`. Clients
 * can be made when this has resolved; further calls wait for the first.
 */
export function init(source: WasmSource | Promise<WasmSource>): Promise<void> {
	ready ??= load(source).then(install);
	// Whoever tries again may.
	ready.catch(() => {
		ready = undefined;
	});
	return ready;
}

/** As `init`, at once, from a compiled module or bytes. */
export function initSync(source: WebAssembly.Module | BufferSource): void {
	if (ready) return;
	install(loadSync(source));
	ready = Promise.resolve();
}

export type { WasmSource } from "../binding/wasm.js";
export * from "../index.js";
export { Client as default } from "../index.js";
