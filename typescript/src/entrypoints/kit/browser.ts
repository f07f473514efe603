// Loads `kit.wasm` in browsers and their workers. The import resolves when the module is loaded.

import type { Kit } from "../../binding/kit.js";
import { loadKit } from "../../binding/kit-wasm.js";

export const kit: Kit = await loadKit(new URL("./kit.wasm", import.meta.url));
