// Starts `kit.wasm` where somebody hands it over.
//
// Law: loads nothing by itself.

import { installKit } from "../binding/kit.js";
import { loadKit, loadKitSync } from "../binding/kit-wasm.js";
import type { WasmSource } from "../binding/wasm.js";

let ready: Promise<void> | undefined;

/**
 * Starts the module, once: a compiled module, its bytes, or where to fetch it. It is exported as `trilogue/kit.wasm`. Conversations can be
 * made when this has resolved; further calls wait for the first.
 */
export function init(source: WasmSource | Promise<WasmSource>): Promise<void> {
	ready ??= loadKit(source).then((kit) => installKit(() => kit));
	// Whoever tries again may.
	ready.catch(() => {
		ready = undefined;
	});
	return ready;
}

/** As `init`, at once, from a compiled module or bytes. */
export function initSync(source: WebAssembly.Module | BufferSource): void {
	if (ready) return;
	const kit = loadKitSync(source);
	installKit(() => kit);
	ready = Promise.resolve();
}
