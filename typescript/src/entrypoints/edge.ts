// The entry for edge runtimes, where a wasm module is imported and may not be compiled at run time.
//
// Law: installs; nothing else. The environment is read where the host shows one.

import { install } from "../binding/binding.js";
import { type Environment, loadSync } from "../binding/wasm.js";
// @ts-expect-error known to the host: a compiled module
import module from "./trilogue.wasm?module";

const { process } = globalThis as { process?: { env?: Environment } };
install(loadSync(module as WebAssembly.Module, process?.env ?? {}));

export * from "../index.js";
export { Client as default } from "../index.js";
