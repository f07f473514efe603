// The entry point for edge runtimes, which import a compiled wasm module and may not compile one at run time.
//
// Reads environment variables from `process.env` if the host provides it.

import { install } from "../binding/binding.js";
import { type Environment, loadSync } from "../binding/wasm.js";
// @ts-expect-error resolved by the host: a compiled module
import module from "./trilogue.wasm?module";

const { process } = globalThis as { process?: { env?: Environment } };
install(loadSync(module as WebAssembly.Module, process?.env ?? {}));

export * from "../index.js";
export { Client as default } from "../index.js";
