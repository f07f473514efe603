// `client.chat.completions`.
//
// Declares the types of the arguments and results; `endpoint.ts` and the core do the rest.

import type { ChatCompletion, ChatCompletionChunk, ChatRequestParam, Estimate, ToolParam } from "../generated/types.js";
import type { APIPromise } from "../requests/api-promise.js";
import type { RequestOptions } from "../requests/options.js";
import { ChatCompletionStream } from "../streaming/live-stream.js";
import type { Stream } from "../streaming/stream.js";
import type { JsonSchema, Schema, SchemaInput, SchemaOutput, StandardSchema } from "../structured/schema.js";
import {
	type ParsedChatCompletion,
	type ParseOptions,
	parse,
	type StructuredOptions,
} from "../structured/structured.js";
import { type ChatRunOptions, type ChatToolRunner, type Tool, ToolRunner } from "../tools/runner.js";
import type {
	ChatRequestStreamed,
	ChatRequestTools,
	ChatRequestTyped,
	ChatRequestWhole,
	Loose,
	Reply,
	Widened,
} from "./bodies.js";
import { create, openEvents, Resource } from "./endpoint.js";

type Chunks = Stream<ChatCompletionChunk, ChatCompletion>;
type Request = ChatRequestWhole | ChatRequestStreamed;
type Body = ChatRequestParam & { stream?: boolean | null };

/** Chat completions. */
export class Completions extends Resource {
	/** Requests a whole reply, or with `stream: true` a stream of chunks. Rejects with an `APIError`. */
	create(body: ChatRequestStreamed, options?: RequestOptions): APIPromise<Chunks>;
	create(body: ChatRequestWhole, options?: RequestOptions): APIPromise<ChatCompletion>;
	create<const B extends object>(
		body: B & Widened<B, Body>,
		options?: RequestOptions,
	): APIPromise<Reply<B, ChatCompletion, Chunks>>;
	create(body: Request, options?: RequestOptions): APIPromise<ChatCompletion | Chunks>;
	create(body: Request, options?: RequestOptions): APIPromise<ChatCompletion | Chunks> {
		return create(this.sender, "chat", body, options);
	}

	/** Estimates what a request can cost at most, in dollars, from its bytes and `max_tokens`. Sends nothing. */
	estimate<const B extends object>(body: B & Widened<B, Body>, options?: RequestOptions): Estimate;
	estimate(body: Body, options?: RequestOptions): Estimate;
	estimate(body: object, options?: RequestOptions): Estimate {
		return this.sender.estimate("chat", body, options);
	}

	/**
	 * Requests a reply that matches a schema, and returns its value as `parsed`. `response_format` is a schema of zod, valibot, arktype or
	 * another library that follows Standard Schema, or a JSON Schema. Rejects with an `InvalidOutputError` if the reply does not match.
	 */
	parse<S extends StandardSchema>(
		body: ChatRequestTyped<S>,
		options?: RequestOptions & ParseOptions,
	): APIPromise<ParsedChatCompletion<SchemaOutput<S>>>;
	parse<const B extends { response_format: Schema }>(
		body: B & Widened<B, Body, "response_format">,
		options?: RequestOptions & ParseOptions,
	): APIPromise<ParsedChatCompletion<SchemaOutput<B["response_format"]>>>;
	parse<T = unknown>(
		body: unknown extends T ? never : Loose<ChatRequestTyped<JsonSchema>>,
		options?: RequestOptions & ParseOptions,
	): APIPromise<ParsedChatCompletion<T>>;
	parse<T = unknown>(
		body: ChatRequestTyped<JsonSchema>,
		options?: RequestOptions & ParseOptions,
	): APIPromise<ParsedChatCompletion<T>>;
	parse(
		body: { response_format: Schema },
		options?: RequestOptions & ParseOptions,
	): APIPromise<ParsedChatCompletion<unknown>> {
		return parse(this.sender, "chat", body, body.response_format, options);
	}

	/** Requests a reply as a stream of events; with a schema as `response_format`, a typed reply. Returns at once. */
	stream<S extends StandardSchema>(
		body: ChatRequestTyped<S>,
		options?: RequestOptions & StructuredOptions,
	): ChatCompletionStream<ParsedChatCompletion<SchemaOutput<S>>, SchemaInput<S>>;
	stream<const B extends { response_format: Schema }>(
		body: B & Widened<B, Body, "response_format">,
		options?: RequestOptions & StructuredOptions,
	): ChatCompletionStream<ParsedChatCompletion<SchemaOutput<B["response_format"]>>, SchemaInput<B["response_format"]>>;
	stream<T = unknown>(
		body: unknown extends T ? never : Loose<ChatRequestTyped<JsonSchema>>,
		options?: RequestOptions & StructuredOptions,
	): ChatCompletionStream<ParsedChatCompletion<T>, T>;
	stream<T = unknown>(
		body: ChatRequestTyped<JsonSchema>,
		options?: RequestOptions & StructuredOptions,
	): ChatCompletionStream<ParsedChatCompletion<T>, T>;
	stream<const B extends object>(body: B & Widened<B, Body>, options?: RequestOptions): ChatCompletionStream;
	stream(body: Body, options?: RequestOptions): ChatCompletionStream;
	stream(
		body: { response_format?: unknown },
		options?: RequestOptions & StructuredOptions,
	): ChatCompletionStream<ParsedChatCompletion<unknown>> {
		return new ChatCompletionStream(...openEvents(this.sender, "chat", body, body.response_format, options));
	}

	/**
	 * Sends the request, runs the tools that the model calls, and sends their results, until the model answers. `tools` are made by `tool`;
	 * definitions without a function are tools that the provider or the caller runs. Returns at once: iterate over the runner, or await its `final()`.
	 */
	runTools<const B extends { tools: readonly (Tool | ToolParam | Record<string, unknown>)[] }>(
		body: B & Widened<B, Body, "tools">,
		options?: ChatRunOptions,
	): ChatToolRunner;
	runTools(body: ChatRequestTools, options?: ChatRunOptions): ChatToolRunner;
	runTools(body: object, { reasoningField, ...options }: ChatRunOptions = {}): ChatToolRunner {
		return new ToolRunner(this.sender, "chat", body, options, reasoningField);
	}
}

/** Chat endpoints. */
export class Chat extends Resource {
	/** Chat completions. */
	readonly completions: Completions = new Completions(this.sender);
}
