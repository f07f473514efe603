// `trilogue/snippets` for those who load the wasm module themselves: see `init`.
//
// Law: re-exports; loads nothing by itself.

export type { WasmSource } from "./glue.js";
export { init, initSync } from "./kit-slim.js";
export * from "./snippets.js";
export { snippet as default } from "./snippets.js";
