// `client.messages`.
//
// Declares the types of the arguments and results; `endpoint.ts` and the core do the rest.

import type {
	CountTokensRequestParam,
	Estimate,
	Message,
	MessageEvent,
	MessagesRequestParam,
	TokenCount,
} from "../generated/types.js";
import { APIPromise } from "../requests/api-promise.js";
import type { RequestOptions } from "../requests/options.js";
import { MessageStream } from "../streaming/live-stream.js";
import type { Stream } from "../streaming/stream.js";
import type { JsonSchema, Schema, SchemaInput, SchemaOutput, StandardSchema } from "../structured/schema.js";
import { type ParsedMessage, type ParseOptions, parse, type StructuredOptions } from "../structured/structured.js";
import { type MessageToolRunner, type RunOptions, type Tool, ToolRunner } from "../tools/runner.js";
import type {
	Loose,
	MessagesRequestStreamed,
	MessagesRequestTools,
	MessagesRequestTyped,
	MessagesRequestWhole,
	Reply,
	Widened,
} from "./bodies.js";
import { create, openEvents, Resource } from "./endpoint.js";

type Events = Stream<MessageEvent, Message>;
type Request = MessagesRequestWhole | MessagesRequestStreamed;
type Body = MessagesRequestParam & { stream?: boolean | null };

/** Messages, in Anthropic's format. */
export class Messages extends Resource {
	/** Requests a whole reply, or with `stream: true` a stream of events. Rejects with an `APIError`. */
	create(body: MessagesRequestStreamed, options?: RequestOptions): APIPromise<Events>;
	create(body: MessagesRequestWhole, options?: RequestOptions): APIPromise<Message>;
	create<const B extends object>(
		body: B & Widened<B, Body>,
		options?: RequestOptions,
	): APIPromise<Reply<B, Message, Events>>;
	create(body: Request, options?: RequestOptions): APIPromise<Message | Events>;
	create(body: Request, options?: RequestOptions): APIPromise<Message | Events> {
		return create(this.sender, "messages", body, options);
	}

	/** Estimates what a request can cost at most, in dollars, from its bytes and `max_tokens`. Sends nothing. */
	estimate<const B extends object>(body: B & Widened<B, Body>, options?: RequestOptions): Estimate;
	estimate(body: Body, options?: RequestOptions): Estimate;
	estimate(body: object, options?: RequestOptions): Estimate {
		return this.sender.estimate("messages", body, options);
	}

	/**
	 * Requests a reply that matches a schema, and returns its value as `parsed`. `output_format` is a schema of zod, valibot, arktype or
	 * another library that follows Standard Schema, or a JSON Schema. Rejects with an `InvalidOutputError` if the reply does not match.
	 */
	parse<S extends StandardSchema>(
		body: MessagesRequestTyped<S>,
		options?: RequestOptions & ParseOptions,
	): APIPromise<ParsedMessage<SchemaOutput<S>>>;
	parse<const B extends { output_format: Schema }>(
		body: B & Widened<B, Body, "output_format">,
		options?: RequestOptions & ParseOptions,
	): APIPromise<ParsedMessage<SchemaOutput<B["output_format"]>>>;
	parse<T = unknown>(
		body: unknown extends T ? never : Loose<MessagesRequestTyped<JsonSchema>>,
		options?: RequestOptions & ParseOptions,
	): APIPromise<ParsedMessage<T>>;
	parse<T = unknown>(
		body: MessagesRequestTyped<JsonSchema>,
		options?: RequestOptions & ParseOptions,
	): APIPromise<ParsedMessage<T>>;
	parse(body: { output_format: Schema }, options?: RequestOptions & ParseOptions): APIPromise<ParsedMessage<unknown>> {
		return parse(this.sender, "messages", body, body.output_format, options);
	}

	/** Requests a reply as a stream of events; with a schema as `output_format`, a typed reply. Returns at once. */
	stream<S extends StandardSchema>(
		body: MessagesRequestTyped<S>,
		options?: RequestOptions & StructuredOptions,
	): MessageStream<ParsedMessage<SchemaOutput<S>>, SchemaInput<S>>;
	stream<const B extends { output_format: Schema }>(
		body: B & Widened<B, Body, "output_format">,
		options?: RequestOptions & StructuredOptions,
	): MessageStream<ParsedMessage<SchemaOutput<B["output_format"]>>, SchemaInput<B["output_format"]>>;
	stream<T = unknown>(
		body: unknown extends T ? never : Loose<MessagesRequestTyped<JsonSchema>>,
		options?: RequestOptions & StructuredOptions,
	): MessageStream<ParsedMessage<T>, T>;
	stream<T = unknown>(
		body: MessagesRequestTyped<JsonSchema>,
		options?: RequestOptions & StructuredOptions,
	): MessageStream<ParsedMessage<T>, T>;
	stream<const B extends object>(body: B & Widened<B, Body>, options?: RequestOptions): MessageStream;
	stream(body: Body, options?: RequestOptions): MessageStream;
	stream(body: object, options?: RequestOptions & StructuredOptions): MessageStream<ParsedMessage<unknown>> {
		const { output_format } = body as { output_format?: unknown };
		return new MessageStream(...openEvents(this.sender, "messages", body, output_format, options));
	}

	/**
	 * Sends the request, runs the tools that the model calls, and sends their results, until the model answers. `tools` are made by `tool`;
	 * definitions without a function are tools that the provider or the caller runs. Returns at once: iterate over the runner, or await its `final()`.
	 */
	runTools<const B extends { tools: readonly (Tool | Record<string, unknown>)[] }>(
		body: B & Widened<B, Body, "tools">,
		options?: RunOptions,
	): MessageToolRunner;
	runTools(body: MessagesRequestTools, options?: RunOptions): MessageToolRunner;
	runTools(body: object, options?: RunOptions): MessageToolRunner {
		return new ToolRunner(this.sender, "messages", body, options);
	}

	/** Counts the tokens of a prompt, at the endpoint. */
	countTokens<const B extends object>(
		body: B & Widened<B, CountTokensRequestParam>,
		options?: RequestOptions,
	): APIPromise<TokenCount>;
	countTokens(body: CountTokensRequestParam, options?: RequestOptions): APIPromise<TokenCount>;
	countTokens(body: object, options?: RequestOptions): APIPromise<TokenCount> {
		return new APIPromise(this.sender.call<TokenCount>("count_tokens", body, options));
	}
}
