// Loads `kit.wasm` in edge runtimes, which import a compiled wasm module and may not compile one at run time.

import type { Kit } from "../../binding/kit.js";
import { loadKitSync } from "../../binding/kit-wasm.js";
// @ts-expect-error resolved by the host: a compiled module
import module from "./kit.wasm?module";

export const kit: Kit = loadKitSync(module as WebAssembly.Module);
