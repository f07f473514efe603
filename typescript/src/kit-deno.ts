// Loads `kit.wasm` in Deno.
//
// Law: loads; nothing else.

import type { Kit } from "./kit.js";
import { loadKitSync } from "./kit-glue.js";

declare const Deno: { readFileSync(path: URL): Uint8Array<ArrayBuffer> };

export const kit: Kit = loadKitSync(Deno.readFileSync(new URL("./kit.wasm", import.meta.url)));
