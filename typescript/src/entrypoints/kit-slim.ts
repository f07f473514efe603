// Starts `kit.wasm` for programs that load the file themselves.

import { installKit } from "../binding/kit.js";
import { loadKit, loadKitSync } from "../binding/kit-wasm.js";
import type { WasmSource } from "../binding/wasm.js";

let ready: Promise<void> | undefined;

/**
 * Starts the module once, from a compiled module, its bytes, or its URL. The package exports the file as `trilogue/kit.wasm`. Conversations
 * and snippets can be created after this has resolved; further calls wait for the first.
 */
export function init(source: WasmSource | Promise<WasmSource>): Promise<void> {
	ready ??= loadKit(source).then((kit) => installKit(() => kit));
	// A call after a failure tries again.
	ready.catch(() => {
		ready = undefined;
	});
	return ready;
}

/** As `init`, synchronously, from a compiled module or its bytes. */
export function initSync(source: WebAssembly.Module | BufferSource): void {
	if (ready) return;
	const kit = loadKitSync(source);
	installKit(() => kit);
	ready = Promise.resolve();
}
