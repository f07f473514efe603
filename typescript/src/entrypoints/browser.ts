// The entry point for browsers and their workers. Starts to load the wasm module and does not wait for it: see `binding/deferred.ts`.

import { install } from "../binding/binding.js";
import { deferred } from "../binding/deferred.js";
import { load } from "../binding/wasm.js";

install(deferred(() => load(new URL("./trilogue.wasm", import.meta.url))));

export * from "../index.js";
export { Client as default } from "../index.js";
