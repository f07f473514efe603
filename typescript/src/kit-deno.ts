// Loads `kit.wasm` in Deno.
//
// Law: loads; nothing else.

import type { Kit } from "./kit.js";
import { loadKit } from "./kit-glue.js";

declare const Deno: { readFile(path: URL): Promise<Uint8Array<ArrayBuffer>> };

export const kit: Kit = await loadKit(await Deno.readFile(new URL("./kit.wasm", import.meta.url)));
