// Starts `kit.wasm` for programs that load the file themselves.

import { installKit, type Kit } from "../../binding/kit.js";
import { loadKit, loadKitSync } from "../../binding/kit-wasm.js";
import type { WasmSource } from "../../binding/wasm.js";
import { Starter } from "../starter.js";

const install = (kit: Kit) => installKit(() => kit);
const starter = new Starter(
	(source) => loadKit(source).then(install),
	(source) => install(loadKitSync(source)),
);

/**
 * Starts the module once, from a compiled module, its bytes, or its URL. The package exports the file as `trilogue/kit.wasm`. Conversations
 * and snippets can be created after this has resolved; further calls wait for the first.
 */
export function init(source: WasmSource | Promise<WasmSource>): Promise<void> {
	return starter.start(source);
}

/** As `init`, synchronously, from a compiled module or its bytes. */
export function initSync(source: WebAssembly.Module | BufferSource): void {
	starter.startSync(source);
}
