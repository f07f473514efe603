// `kit.wasm` as a `Kit`.
//
// Law: starts the module and knows nothing of the facade: Node loads this alone where no addon fits.

// @ts-expect-error made by the build
import start, { kit, NativeConversation, initSync as startSync } from "../../dist/kit_wasm.js";
import type { Kit } from "./kit.js";
import type { WasmSource } from "./wasm.js";

const made: Kit = { kit: (operation, input) => kit(operation, input), conversation: () => new NativeConversation() };

/** Starts the module. */
export async function loadKit(source: WasmSource | Promise<WasmSource>): Promise<Kit> {
	await start({ module_or_path: source });
	return made;
}

/** Starts the module at once: browsers allow that for small modules alone, or outside their main thread. */
export function loadKitSync(source: WebAssembly.Module | BufferSource): Kit {
	startSync({ module: source });
	return made;
}
