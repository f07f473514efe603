// What the package exports, in every runtime.
//
// Law: re-exports alone. Entry points install their binary module and export this.

export { APIPromise, type WithResponse } from "./calls.js";
export { Client, Client as default } from "./client.js";
export {
	Chat,
	type ChatRequestStreamed,
	type ChatRequestWhole,
	Completions,
	Messages,
	type MessagesRequestStreamed,
	type MessagesRequestWhole,
	Models,
} from "./endpoints.js";
export type * from "./events.js";
export type { ErrorParts } from "./failure.js";
export * from "./generated/errors.js";
export type * from "./generated/types.js";
export { ModelList } from "./model-list.js";
export type { ClientOptions, RequestOptions } from "./options.js";
export { ChatCompletionStream, EventStream, MessageStream, rawJSON, Stream } from "./stream.js";
