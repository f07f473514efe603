// Loads `kit.wasm` in browsers and their workers: it lies beside this file.
//
// Law: loads; nothing else. The import is ready when the module is.

import type { Kit } from "../binding/kit.js";
import { loadKit } from "../binding/kit-wasm.js";

export const kit: Kit = await loadKit(new URL("./kit.wasm", import.meta.url));
