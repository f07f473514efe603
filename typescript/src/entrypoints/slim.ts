// The entry point for programs that load the wasm module themselves: bundles, service workers, other hosts.
//
// Loads nothing by itself; all else is as in the other entry points.

import { install } from "../binding/binding.js";
import { load, loadSync, type WasmSource } from "../binding/wasm.js";
import { Starter } from "./starter.js";

const starter = new Starter(
	(source) => load(source).then(install),
	(source) => install(loadSync(source)),
);

/**
 * Starts the wasm module once, from a compiled module, its bytes, or its URL. The package exports the file as `trilogue/trilogue.wasm`.
 * Clients can be created after this has resolved; further calls wait for the first.
 */
export function init(source: WasmSource | Promise<WasmSource>): Promise<void> {
	return starter.start(source);
}

/** As `init`, synchronously, from a compiled module or its bytes. */
export function initSync(source: WebAssembly.Module | BufferSource): void {
	starter.startSync(source);
}

export type { WasmSource } from "../binding/wasm.js";
export * from "../index.js";
export { Client as default } from "../index.js";
