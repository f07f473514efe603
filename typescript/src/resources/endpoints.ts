// `client.chat.completions`, `client.messages` and `client.models`.
//
// Law: names what may be given; the core does the rest. Fields that it does not know go on as they are.

import type { NativeStream } from "../binding/binding.js";
import { APIPromise, Cancellation, type Sender, type WithResponse, withHead } from "../requests/calls.js";
import type {
	ChatCompletion,
	ChatCompletionChunk,
	ChatRequestParam,
	CountTokensRequestParam,
	Estimate,
	Message,
	MessageEvent,
	MessagesRequestParam,
	ModelInfo,
	ModelPage,
	TokenCount,
	ToolParam,
} from "../generated/types.js";
import { ChatCompletionStream, MessageStream } from "../streaming/live.js";
import { ModelList, ModelListPromise } from "./model-list.js";
import type { RequestOptions } from "../requests/options.js";
import type { JsonSchema, Schema, SchemaInput, SchemaOutput, StandardSchema } from "../structured/schema.js";
import { type Source, Stream } from "../streaming/stream.js";
import {
	isWireFormat,
	type ParsedChatCompletion,
	type ParsedMessage,
	type ParseOptions,
	Plan,
	parse,
	type StructuredOptions,
} from "../structured/structured.js";
import {
	type ChatRunOptions,
	type ChatToolRunner,
	type MessageToolRunner,
	type RunOptions,
	type Tool,
	ToolRunner,
} from "../tools/runner.js";

/** A request for a whole answer. */
export type ChatRequestWhole = ChatRequestParam & { stream?: false | null };
/** A request for a stream. */
export type ChatRequestStreamed = ChatRequestParam & { stream: true };
/** A request for a whole answer. */
export type MessagesRequestWhole = MessagesRequestParam & { stream?: false | null };
/** A request for a stream. */
export type MessagesRequestStreamed = MessagesRequestParam & { stream: true };

/** A type without a member, whatever else it may hold. */
type Without<T, Name> = { [Key in keyof T as Key extends Name ? never : Key]: T[Key] };
/** A request for an answer of a type. */
export type ChatRequestTyped<S> = Without<ChatRequestParam, "response_format"> & { response_format: S };
/** A request for an answer of a type. */
export type MessagesRequestTyped<S> = Without<MessagesRequestParam, "output_format"> & { output_format: S };

/** A request whose tools run. */
export type ChatRequestTools = Without<ChatRequestParam, "tools"> & { tools: (Tool | ToolParam)[] };
/** A request whose tools run. */
export type MessagesRequestTools = Without<MessagesRequestParam, "tools"> & {
	tools: (Tool | Record<string, unknown>)[];
};

type ChatChunks = Stream<ChatCompletionChunk, ChatCompletion>;
type MessageEvents = Stream<MessageEvent, Message>;

/** A whole reply, or a stream of items. */
function create<Item, Final>(
	sender: Sender,
	endpoint: string,
	body: object & { stream?: boolean | null },
	options: RequestOptions | undefined,
): APIPromise<Final | Stream<Item, Final>> {
	const open = async (): Promise<WithResponse<Stream<Item, Final>>> => {
		const stream = new Stream<Item, Final>(await sender.stream(endpoint, body, options), options?.signal);
		return withHead(stream, stream.head);
	};
	return new APIPromise<Final | Stream<Item, Final>>(
		body.stream ? open() : sender.call<Final>(endpoint, body, options),
	);
}

/** The arguments of a stream of events: what opens it, the caller's signal, and the plan of an answer of a type. */
function open(
	sender: Sender,
	endpoint: "chat" | "messages",
	body: object,
	format: unknown,
	options: (RequestOptions & StructuredOptions) | undefined,
): [Promise<NativeStream>, AbortSignal | undefined, Plan | undefined, Source] {
	const opening = new Cancellation();
	const source = { opening };
	const signal = options?.signal;
	if (format === undefined || format === null) {
		return [sender.stream(endpoint, body, options, opening), signal, undefined, source];
	}
	const { mode, strict, ...rest } = options ?? {};
	if (isWireFormat(format)) {
		const isJson = (format as { type?: unknown }).type !== "text";
		const asked = isJson ? { ...rest, structured: { root: "object" } } : rest;
		return [sender.stream(endpoint, body, asked, opening), signal, undefined, source];
	}
	const plan = new Plan(endpoint, format as Schema, { mode, strict });
	const start = async (): Promise<NativeStream> => {
		const request = await plan.request(body);
		return sender.stream(endpoint, request, { ...rest, structured: { root: plan.root } }, opening);
	};
	return [start(), signal, plan, source];
}

class Resource {
	protected readonly sender: Sender;

	constructor(sender: Sender) {
		this.sender = sender;
	}
}

/** Chat completions. */
export class Completions extends Resource {
	/** Asks for an answer: whole, or with `stream: true` as a stream of chunks. Rejects with an `APIError`. */
	create(body: ChatRequestStreamed, options?: RequestOptions): APIPromise<ChatChunks>;
	create(body: ChatRequestWhole, options?: RequestOptions): APIPromise<ChatCompletion>;
	create(
		body: ChatRequestWhole | ChatRequestStreamed,
		options?: RequestOptions,
	): APIPromise<ChatCompletion | ChatChunks>;
	create(
		body: ChatRequestWhole | ChatRequestStreamed,
		options?: RequestOptions,
	): APIPromise<ChatCompletion | ChatChunks> {
		return create(this.sender, "chat", body, options);
	}

	/** What a request can cost at most, in dollars, by its bytes and `max_tokens`. Sends nothing. */
	estimate(body: ChatRequestWhole | ChatRequestStreamed, options?: RequestOptions): Estimate {
		return this.sender.estimate("chat", body, options);
	}

	/**
	 * Asks for an answer of a type, and gives it as `parsed`. `response_format` is a schema: zod's, valibot's, arktype's, or a JSON
	 * Schema. Rejects with an `InvalidOutputError` where the answer doesn't fit.
	 */
	parse<S extends StandardSchema>(
		body: ChatRequestTyped<S>,
		options?: RequestOptions & ParseOptions,
	): APIPromise<ParsedChatCompletion<SchemaOutput<S>>>;
	parse<T = unknown>(
		body: ChatRequestTyped<JsonSchema>,
		options?: RequestOptions & ParseOptions,
	): APIPromise<ParsedChatCompletion<T>>;
	parse(
		body: ChatRequestTyped<Schema>,
		options?: RequestOptions & ParseOptions,
	): APIPromise<ParsedChatCompletion<unknown>> {
		return parse(this.sender, "chat", body, body.response_format, options);
	}

	/** Asks for an answer as a stream of events; with a schema as `response_format`, of a type. Returns at once. */
	stream<S extends StandardSchema>(
		body: ChatRequestTyped<S>,
		options?: RequestOptions & StructuredOptions,
	): ChatCompletionStream<ParsedChatCompletion<SchemaOutput<S>>, SchemaInput<S>>;
	stream<T = unknown>(
		body: ChatRequestTyped<JsonSchema>,
		options?: RequestOptions & StructuredOptions,
	): ChatCompletionStream<ParsedChatCompletion<T>, T>;
	stream(body: ChatRequestParam, options?: RequestOptions): ChatCompletionStream;
	stream(
		body: ChatRequestParam | ChatRequestTyped<Schema>,
		options?: RequestOptions & StructuredOptions,
	): ChatCompletionStream {
		return new ChatCompletionStream(...open(this.sender, "chat", body, body.response_format, options));
	}

	/**
	 * Asks the model, runs the tools that it calls, and tells it their results, until it answers. `tools`: made by `tool`, beside those
	 * that the provider runs. Returns at once; iterate over the runner, or await its `final()`.
	 */
	runTools(body: ChatRequestTools, options: ChatRunOptions = {}): ChatToolRunner {
		const { reasoningField, ...rest } = options;
		return new ToolRunner(this.sender, "chat", body, rest, reasoningField);
	}
}

/** Chat endpoints. */
export class Chat extends Resource {
	/** Chat completions. */
	readonly completions: Completions = new Completions(this.sender);
}

/** Messages, in Anthropic's format. */
export class Messages extends Resource {
	/** Asks for an answer: whole, or with `stream: true` as a stream of events. Rejects with an `APIError`. */
	create(body: MessagesRequestStreamed, options?: RequestOptions): APIPromise<MessageEvents>;
	create(body: MessagesRequestWhole, options?: RequestOptions): APIPromise<Message>;
	create(
		body: MessagesRequestWhole | MessagesRequestStreamed,
		options?: RequestOptions,
	): APIPromise<Message | MessageEvents>;
	create(
		body: MessagesRequestWhole | MessagesRequestStreamed,
		options?: RequestOptions,
	): APIPromise<Message | MessageEvents> {
		return create(this.sender, "messages", body, options);
	}

	/** What a request can cost at most, in dollars, by its bytes and `max_tokens`. Sends nothing. */
	estimate(body: MessagesRequestWhole | MessagesRequestStreamed, options?: RequestOptions): Estimate {
		return this.sender.estimate("messages", body, options);
	}

	/**
	 * Asks for an answer of a type, and gives it as `parsed`. `output_format` is a schema: zod's, valibot's, arktype's, or a JSON
	 * Schema. Rejects with an `InvalidOutputError` where the answer doesn't fit.
	 */
	parse<S extends StandardSchema>(
		body: MessagesRequestTyped<S>,
		options?: RequestOptions & ParseOptions,
	): APIPromise<ParsedMessage<SchemaOutput<S>>>;
	parse<T = unknown>(
		body: MessagesRequestTyped<JsonSchema>,
		options?: RequestOptions & ParseOptions,
	): APIPromise<ParsedMessage<T>>;
	parse(
		body: MessagesRequestTyped<Schema>,
		options?: RequestOptions & ParseOptions,
	): APIPromise<ParsedMessage<unknown>> {
		return parse(this.sender, "messages", body, body.output_format, options);
	}

	/** Asks for an answer as a stream of events; with a schema as `output_format`, of a type. Returns at once. */
	stream<S extends StandardSchema>(
		body: MessagesRequestTyped<S>,
		options?: RequestOptions & StructuredOptions,
	): MessageStream<ParsedMessage<SchemaOutput<S>>, SchemaInput<S>>;
	stream<T = unknown>(
		body: MessagesRequestTyped<JsonSchema>,
		options?: RequestOptions & StructuredOptions,
	): MessageStream<ParsedMessage<T>, T>;
	stream(body: MessagesRequestParam, options?: RequestOptions): MessageStream;
	stream(
		body: MessagesRequestParam | MessagesRequestTyped<Schema>,
		options?: RequestOptions & StructuredOptions,
	): MessageStream {
		return new MessageStream(...open(this.sender, "messages", body, body.output_format, options));
	}

	/**
	 * Asks the model, runs the tools that it calls, and tells it their results, until it answers. `tools`: made by `tool`, beside those
	 * that the provider runs. Returns at once; iterate over the runner, or await its `final()`.
	 */
	runTools(body: MessagesRequestTools, options?: RunOptions): MessageToolRunner {
		return new ToolRunner(this.sender, "messages", body, options);
	}

	/** Asks how many tokens a prompt has. */
	countTokens(body: CountTokensRequestParam, options?: RequestOptions): APIPromise<TokenCount> {
		return new APIPromise(this.sender.call<TokenCount>("count_tokens", body, options));
	}
}

/** Models that the endpoint offers. */
export class Models extends Resource {
	/** The first page; iterate over it, or over this promise, with `for await` for all models. */
	list(query: Record<string, string | number> = {}, options?: RequestOptions): ModelListPromise {
		const page = async (): Promise<WithResponse<ModelList>> => {
			const { data, ...response } = await this.sender.call<ModelPage>("models", query, options);
			const next = (after_id: string) => this.list({ ...query, after_id }, options);
			return { ...response, data: new ModelList(data, next) };
		};
		return new ModelListPromise(page());
	}

	/** One model. */
	retrieve(model: string, options?: RequestOptions): APIPromise<ModelInfo> {
		return new APIPromise(this.sender.call<ModelInfo>(`models/${model}`, {}, options));
	}
}
