// The entry for browsers and their workers: stands on the wasm module, which lies beside it.
//
// Law: loads and installs; nothing else. The import is ready when the module is.

import { install } from "./binding.js";
import { load } from "./glue.js";

install(await load(new URL("./trilogue.wasm", import.meta.url)));

export * from "./index.js";
export { Client as default } from "./index.js";
