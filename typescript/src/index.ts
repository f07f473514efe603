// The exports of the package in every runtime. The entry points install their binary module and export these.

export type { BatchOptions } from "./batch/options.js";
export type { BatchLine, BatchRow } from "./batch/row.js";
export type { BatchRows } from "./batch/rows.js";
export { ready } from "./binding/binding.js";
export type { ErrorFields as ErrorParts, Fault } from "./binding/failure.js";
export type { Fetch, FetchInit, FetchResponse } from "./binding/fetch.js";
export type { Catalog, CatalogData, CatalogEntry, Preset } from "./catalog/catalog.js";
export { type DollarsInput, loadCatalog, type PricesInput, type TokenCounts } from "./catalog/cost.js";
export { Beta, Client, Client as default } from "./client.js";
export type { CatalogId } from "./generated/catalog.js";
export * from "./generated/errors.js";
// The names of the official clients, and `fromParts`, which creates an error from `ErrorParts`.
export {
	APIError as AnthropicError,
	APIError as OpenAIError,
	APITimeoutError as APIConnectionTimeoutError,
	errorFrom as fromParts,
} from "./generated/errors.js";
export type { ParseOptions, StructuredOptions } from "./generated/options.js";
export type { CallRecord, RecordedAttempt } from "./generated/record.js";
export type * from "./generated/types.js";
export type { Logger, LogLevel } from "./observers/log.js";
export { APIPromise, type WithResponse } from "./requests/api-promise.js";
export type { HookItem, HookRequest, HookResponse, Hooks } from "./requests/hooks.js";
export type { ClientOptions, RequestOptions } from "./requests/options.js";
export type {
	ChatRequestStreamed,
	ChatRequestTools,
	ChatRequestTyped,
	ChatRequestWhole,
	MessagesRequestStreamed,
	MessagesRequestTools,
	MessagesRequestTyped,
	MessagesRequestWhole,
} from "./resources/bodies.js";
export { Chat, Completions } from "./resources/chat.js";
export { Messages, type ToolRunnerBody } from "./resources/messages.js";
export { ModelList, ModelListPromise, Models } from "./resources/models.js";
export { rawJSON } from "./streaming/batches.js";
export { ChatCompletionStream, MessageStream } from "./streaming/helper-streams.js";
export { Branch } from "./streaming/items.js";
export type { ChatListeners, FunctionCall, MessageListeners } from "./streaming/listener-types.js";
export type { ElementAt } from "./streaming/live-stream.js";
export { EventStream, Stream } from "./streaming/stream.js";
export {
	type JsonSchema,
	jsonSchema,
	type Schema,
	type SchemaInput,
	type SchemaOutput,
	type StandardSchema,
} from "./structured/schema.js";
export type {
	DeepPartial,
	ParsedChatCompletion,
	ParsedMessage,
	StructuredError,
	StructuredMode,
} from "./structured/types.js";
export { MessageRunner } from "./tools/message-runner.js";
export { type ChatRunOptions, type ChatToolRunner, type MessageToolRunner, ToolRunner } from "./tools/runner.js";
export { type RunOptions, type Tool, type ToolCallEvent, type ToolContext, tool } from "./tools/tool.js";
