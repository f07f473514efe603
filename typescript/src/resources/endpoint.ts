// The methods of an endpoint, for chat completions and messages alike.
//
// Passes bodies and options to the sender; fields that the core does not know are sent as they are.

import type { NativeStream } from "../binding/binding.js";
import type { ParseOptions, StructuredOptions } from "../generated/options.js";
import type { Estimate } from "../generated/types.js";
import { APIPromise, type WithResponse, withHead } from "../requests/api-promise.js";
import { Cancellation } from "../requests/cancellation.js";
import type { Format } from "../requests/format.js";
import type { RequestOptions } from "../requests/options.js";
import type { Sender } from "../requests/sender.js";
import { ChatCompletionStream, type HelperSource, MessageStream } from "../streaming/helper-streams.js";
import { Stream } from "../streaming/stream.js";
import { hasHelpers, parserOf, toSent, withBetas } from "../structured/helpers.js";
import { parse } from "../structured/parse.js";
import { isWireFormat, Plan } from "../structured/plan.js";
import type { JsonSchema, Schema, SchemaInput, SchemaOutput, StandardSchema } from "../structured/schema.js";
import { ToolRunner } from "../tools/runner.js";
import type { Tool } from "../tools/tool.js";
import type {
	Body,
	Formats,
	Loose,
	ParsedReply,
	ParsedStream,
	ReplyTo,
	Streamed,
	Typed,
	Whole,
	Widened,
	WithSchema,
	WithTools,
} from "./bodies.js";

/** A part of a client. */
export class Resource {
	protected readonly sender: Sender;

	constructor(sender: Sender) {
		this.sender = sender;
	}
}

/** An endpoint that generates replies. */
export class Endpoint<F extends Format> extends Resource {
	readonly #format: F;

	constructor(sender: Sender, format: F) {
		super(sender);
		this.#format = format;
	}

	/** Requests a whole reply, or with `stream: true` a stream of its chunks or events. Rejects with an `APIError`. */
	create(body: Streamed<F>, options?: RequestOptions): APIPromise<Formats[F]["items"]>;
	create(body: Whole<F>, options?: RequestOptions): APIPromise<Formats[F]["reply"]>;
	create<const B extends object>(
		body: B & Widened<B, Body<F>>,
		options?: RequestOptions,
	): APIPromise<ReplyTo<B, Formats[F]["reply"], Formats[F]["items"]>>;
	create(body: Whole<F> | Streamed<F>, options?: RequestOptions): APIPromise<Formats[F]["reply"] | Formats[F]["items"]>;
	create(request: object, requestOptions?: RequestOptions): APIPromise<unknown> {
		const { stream: isStreamed } = request as { stream?: boolean | null };
		if (hasHelpers(request)) {
			const sent = toSent(request).then((body) => this.create(body as Whole<F>, requestOptions).withResponse());
			return new APIPromise<unknown>(sent);
		}
		const [body, options] = withBetas(request, requestOptions);
		const open = async (): Promise<WithResponse<unknown>> => {
			const stream = new Stream(await this.sender.stream(this.#format, body, options), options?.signal);
			return withHead(stream, stream.head);
		};
		return new APIPromise(isStreamed ? open() : this.sender.call<unknown>(this.#format, body, options));
	}

	/** Estimates what a request can cost at most, in dollars, from its bytes and `max_tokens`. Sends nothing. */
	estimate<const B extends object>(body: B & Widened<B, Body<F>>, options?: RequestOptions): Estimate;
	estimate(body: Body<F>, options?: RequestOptions): Estimate;
	estimate(request: object, requestOptions?: RequestOptions): Estimate {
		const [body, options] = withBetas(request, requestOptions);
		return this.sender.estimate(this.#format, body, options);
	}

	/**
	 * Requests a reply that matches a schema, and returns its value as `parsed`. The field `response_format` of chat completions, or
	 * `output_format` of messages, is a schema of zod, valibot, arktype or another library that follows Standard Schema, or a JSON Schema.
	 * Rejects with an `InvalidOutputError` if the reply does not match.
	 */
	parse<S extends StandardSchema>(
		body: Typed<F, S>,
		options?: RequestOptions & ParseOptions,
	): APIPromise<ParsedReply<F, SchemaOutput<S>>>;
	parse<const B extends WithSchema<F, Schema>>(
		body: B & Widened<B, Body<F>, Formats[F]["schema"]>,
		options?: RequestOptions & ParseOptions,
	): APIPromise<ParsedReply<F, SchemaOutput<B[Formats[F]["schema"]]>>>;
	parse<T = unknown>(
		body: unknown extends T ? never : Loose<Typed<F, JsonSchema>>,
		options?: RequestOptions & ParseOptions,
	): APIPromise<ParsedReply<F, T>>;
	parse<T = unknown>(
		body: Typed<F, JsonSchema>,
		options?: RequestOptions & ParseOptions,
	): APIPromise<ParsedReply<F, T>>;
	parse<const B extends object>(
		body: B & Widened<B, Body<F>>,
		options?: RequestOptions & ParseOptions,
	): APIPromise<ParsedReply<F, unknown>>;
	parse(request: object, requestOptions?: RequestOptions & ParseOptions): APIPromise<unknown> {
		const [body, options] = withBetas(request, requestOptions);
		return parse(this.sender, this.#format, body, this.#schemaOf(body) as Schema, options);
	}

	/** Requests a reply as a stream of events; with a schema, as for `parse`, a typed reply. Returns at once. */
	stream<S extends StandardSchema>(
		body: Typed<F, S>,
		options?: RequestOptions & StructuredOptions,
	): ParsedStream<F, SchemaOutput<S>, SchemaInput<S>>;
	stream<const B extends WithSchema<F, Schema>>(
		body: B & Widened<B, Body<F>, Formats[F]["schema"]>,
		options?: RequestOptions & StructuredOptions,
	): ParsedStream<F, SchemaOutput<B[Formats[F]["schema"]]>, SchemaInput<B[Formats[F]["schema"]]>>;
	stream<T = unknown>(
		body: unknown extends T ? never : Loose<Typed<F, JsonSchema>>,
		options?: RequestOptions & StructuredOptions,
	): ParsedStream<F, T, T>;
	stream<T = unknown>(body: Typed<F, JsonSchema>, options?: RequestOptions & StructuredOptions): ParsedStream<F, T, T>;
	stream<const B extends object>(body: B & Widened<B, Body<F>>, options?: RequestOptions): Formats[F]["events"];
	stream(body: Body<F>, options?: RequestOptions): Formats[F]["events"];
	stream(request: object, requestOptions?: RequestOptions & StructuredOptions): unknown {
		const [body, options] = withBetas(request, requestOptions);
		const source = this.#openEvents(body, options, this.#schemaOf(body));
		return this.#format === "chat" ? new ChatCompletionStream(...source) : new MessageStream(...source);
	}

	/**
	 * Sends the request, runs the tools that the model calls, and sends their results, until the model answers. `tools` are defined with `tool`;
	 * definitions without a function are tools that the provider or the caller runs. Returns at once: iterate over the runner, or await its
	 * `final()`.
	 */
	runTools<const B extends { tools: readonly (Tool | Record<string, unknown>)[] }>(
		body: B & Widened<B, Body<F>, "tools">,
		options?: Formats[F]["runOptions"],
	): Formats[F]["runner"];
	runTools(body: WithTools<F>, options?: Formats[F]["runOptions"]): Formats[F]["runner"];
	runTools(request: object, runOptions?: Formats[F]["runOptions"]): unknown {
		const [body, options] = withBetas(request, runOptions);
		return new ToolRunner(this.sender, this.#format, body, options);
	}

	#schemaOf(body: object): unknown {
		const { response_format, output_format, output_config } = body as Record<string, unknown>;
		if (this.#format === "chat") return response_format;
		return output_format ?? (output_config as { format?: unknown } | null | undefined)?.format;
	}

	/** The arguments of a stream of events: the native stream, the caller's signal, and the plan of a typed reply. */
	#openEvents(body: object, options: (RequestOptions & StructuredOptions) | undefined, schema: unknown): HelperSource {
		const opening = new Cancellation();
		const open = async (body: object, options?: object) =>
			this.sender.stream(this.#format, await toSent(body), options, opening);
		const signal = options?.signal;
		const { messages } = body as { messages?: unknown[] };
		const source = (native: Promise<NativeStream>, plan?: Plan): HelperSource => [
			native,
			signal,
			plan,
			{ opening },
			messages,
		];
		if (schema === undefined || schema === null) return source(open(body, options));
		const { mode, strict, ...rest } = options ?? {};
		if (isWireFormat(schema) && !parserOf(schema)) {
			const isJson = (schema as { type?: unknown }).type !== "text";
			return source(open(body, isJson ? { ...rest, structured: { root: "object" } } : rest));
		}
		const plan = new Plan(this.#format, schema as Schema, { mode, strict });
		const start = async (): Promise<NativeStream> =>
			open(await plan.request(body), { ...rest, structured: { root: plan.root } });
		return source(start(), plan);
	}
}
