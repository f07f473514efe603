// `kit.wasm` as a `Kit`.
//
// Starts the module; depends on nothing else of the package, since Node loads it alone on platforms without an addon.

import start, { NativeConversation, operation, initSync as startSync } from "glue-of-kit";
import type { Kit } from "./kit.js";
import type { WasmSource } from "./wasm.js";

const binding: Kit = { operation, conversation: () => new NativeConversation() };

/** Starts the module. */
export async function loadKit(source: WasmSource | Promise<WasmSource>): Promise<Kit> {
	await start({ module_or_path: source });
	return binding;
}

/** Starts the module synchronously, which browsers allow only for small modules, or outside their main thread. */
export function loadKitSync(source: WebAssembly.Module | BufferSource): Kit {
	startSync({ module: source });
	return binding;
}
