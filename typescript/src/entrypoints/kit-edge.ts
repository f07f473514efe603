// Loads `kit.wasm` in edge runtimes, where a wasm module is imported and may not be compiled at run time.
//
// Law: starts it; nothing else.

import type { Kit } from "../binding/kit.js";
import { loadKitSync } from "../binding/kit-wasm.js";
// @ts-expect-error known to the host: a compiled module
import module from "./kit.wasm?module";

export const kit: Kit = loadKitSync(module as WebAssembly.Module);
