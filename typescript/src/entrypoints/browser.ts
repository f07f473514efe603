// The entry for browsers and their workers, over the wasm module, which lies beside it.
//
// Rule: starts to load the module, and waits for nothing: see `deferred.ts`.

import { install } from "../binding/binding.js";
import { deferred } from "../binding/deferred.js";
import { load } from "../binding/wasm.js";

install(deferred(() => load(new URL("./trilogue.wasm", import.meta.url))));

export * from "../index.js";
export { Client as default } from "../index.js";
