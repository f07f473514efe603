// Loads `kit.wasm` in Deno.

import type { Kit } from "../../binding/kit.js";
import { loadKitSync } from "../../binding/kit-wasm.js";

declare const Deno: { readFileSync(path: URL): Uint8Array<ArrayBuffer> };

export const kit: Kit = loadKitSync(Deno.readFileSync(new URL("./kit.wasm", import.meta.url)));
