// `trilogue/conversation` for those who load the wasm module themselves: see `init`.
//
// Law: re-exports; loads nothing by itself.

export * from "./conversation.js";
export { Conversation as default } from "./conversation.js";
export type { WasmSource } from "./glue.js";
export { init, initSync } from "./kit-slim.js";
