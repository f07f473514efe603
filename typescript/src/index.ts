// What the package exports, in every runtime.
//
// Law: re-exports alone. Entry points install their binary module and export this.

export { Chat, type ChatRequestStreamed, type ChatRequestWhole, Completions } from "./chat.js";
export { Client, Client as default } from "./client.js";
export type { ErrorParts } from "./failure.js";
export * from "./generated/errors.js";
export type * from "./generated/types.js";
export type { ClientOptions, RequestOptions } from "./options.js";
export { Stream } from "./stream.js";
