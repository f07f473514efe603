// What the package exports, in every runtime.
//
// Law: re-exports alone. Entry points install their binary module and export this.

export { ready } from "./binding.js";
export { APIPromise, type WithResponse } from "./calls.js";
export type { Catalog, CatalogData, CatalogEntry, Preset } from "./catalog.js";
export { Client, Client as default } from "./client.js";
export { type DollarsInput, loadCatalog, type PricesInput, type TokenCounts } from "./cost.js";
export {
	Chat,
	type ChatRequestStreamed,
	type ChatRequestTools,
	type ChatRequestTyped,
	type ChatRequestWhole,
	Completions,
	Messages,
	type MessagesRequestStreamed,
	type MessagesRequestTools,
	type MessagesRequestTyped,
	type MessagesRequestWhole,
	Models,
} from "./endpoints.js";
export type * from "./events.js";
export type { ErrorParts } from "./failure.js";
export * from "./generated/errors.js";
export type * from "./generated/types.js";
export { Branch } from "./items.js";
export { ChatCompletionStream, type ElementAt, MessageStream } from "./live.js";
export type { Logger, LogLevel } from "./log.js";
export { ModelList, ModelListPromise } from "./model-list.js";
export type { ClientOptions, RequestOptions } from "./options.js";
export {
	type JsonSchema,
	jsonSchema,
	type Schema,
	type SchemaInput,
	type SchemaOutput,
	type StandardSchema,
} from "./schema.js";
export { EventStream, rawJSON, Stream } from "./stream.js";
export type {
	DeepPartial,
	ParsedChatCompletion,
	ParsedMessage,
	ParseOptions,
	StructuredError,
	StructuredMode,
	StructuredOptions,
} from "./structured.js";
export {
	type ChatRunOptions,
	type ChatToolRunner,
	type MessageToolRunner,
	type RunOptions,
	type Tool,
	type ToolCallEvent,
	type ToolContext,
	type ToolEvent,
	ToolRunner,
	tool,
} from "./tools.js";
export type { Fault } from "./validator.js";
