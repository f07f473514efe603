// Exporters of Node: spans and metrics of OpenTelemetry, and `node:diagnostics_channel`.
//
// The core writes names and attributes, and the values of metrics, from the record of each call. `@opentelemetry/api` is only loaded if the program
// has registered an SDK; content of messages is recorded only if the variable of the conventions requests it.

import { nativeOperation } from "../binding/operations.js";
import { CONTENT_SETTINGS, CONTENT_VARIABLE, TRACE_SCHEMA_URL } from "../generated/constants.js";
import type { Measurement } from "../generated/operations.js";
import type { CallRecord } from "../generated/record.js";
import { describeError } from "../observers/describe-error.js";
import type { CallExporter, CallStart, Exporter, RunTrace, ToolExporter } from "../observers/exporters.js";
import {
	type Context,
	clientKind,
	failedStatus,
	type Histogram,
	internalKind,
	type OpenTelemetry,
	type Span,
} from "./opentelemetry.js";

/** The version of this package. `build.mjs` fills it in. */
declare const PACKAGE_VERSION: string;

/** The key by which SDKs mark contexts whose work must not be traced. */
const suppressed = Symbol.for("OpenTelemetry SDK Context Key SUPPRESS_TRACING");
/** The global under which the API keeps the program's SDK. */
const registered = Symbol.for("opentelemetry.js.api.1");

type Attributes = Record<string, unknown>;

function recordsContent(): boolean {
	return CONTENT_SETTINGS.includes((process.env[CONTENT_VARIABLE] ?? "").trim().toLowerCase());
}

function warn(why: string): void {
	process.emitWarning(`trilogue can't export to OpenTelemetry: ${why}`, { code: "TRILOGUE_OPENTELEMETRY" });
}

/** Runs a part of an export. Its exception is a warning, so that the program proceeds. */
function guard<T>(action: () => T): T | undefined {
	try {
		return action();
	} catch (error) {
		const { name, message } = describeError(error);
		warn(`${name}: ${message}`);
		return undefined;
	}
}

/** Exports calls, and the functions that models call, to the program's OpenTelemetry. */
export class Telemetry {
	readonly #load: (() => OpenTelemetry) | undefined;
	#api: OpenTelemetry | undefined;
	/** Whether nothing can be exported. A warning has given the reason. */
	#isUnsupported = false;
	readonly #instruments = new WeakMap<object, Map<string, Histogram>>();

	/** `load` returns the package `@opentelemetry/api`, or throws if it cannot be found; undefined over the wasm module. */
	constructor(load: (() => OpenTelemetry) | undefined) {
		this.#load = load;
	}

	/** The API; undefined if the program has no SDK, or suppresses instrumentation here. */
	#active(): OpenTelemetry | undefined {
		const sdk = (globalThis as { [registered]?: { trace?: unknown; metrics?: unknown } })[registered];
		if (this.#isUnsupported || (!sdk?.trace && !sdk?.metrics)) return undefined;
		this.#api ??= this.#start();
		return this.#api?.context.active().getValue(suppressed) ? undefined : this.#api;
	}

	#start(): OpenTelemetry | undefined {
		try {
			if (this.#load) return this.#load();
			warn("this needs the native addon, and trilogue runs its wasm module here");
		} catch (error) {
			// The program has the API in a bundle.
			const { message } = describeError(error);
			warn(
				`its SDK is registered, but the package @opentelemetry/api can't be loaded; install it, and keep it out of bundles (${message})`,
			);
		}
		this.#isUnsupported = true;
		return undefined;
	}

	/** Begins the span of a call. */
	readonly call: Exporter = (call) => {
		if (call.endpoint !== "chat" && call.endpoint !== "messages") return undefined;
		const api = this.#active();
		return api && new CallSpan(api, this, call);
	};

	/** Runs a function within a span below that of the call which requested it. The span ends with the function's time limit, too. */
	readonly tool: ToolExporter = async (run, call, work) => {
		const span = guard(() => {
			const api = this.#active();
			return api && new ToolSpan(api, this, run, call);
		});
		if (!span) return work();
		try {
			const result = await span.run(work);
			guard(() =>
				span.end(result ? { content: result.text } : { error: "TimeoutError", message: "its time limit has passed" }),
			);
			return result;
		} catch (error) {
			const { name, message } = describeError(error);
			guard(() => span.end({ error: name, message }));
			throw error;
		}
	};

	startSpan(api: OpenTelemetry, name: string, kind: number, attributes: Attributes, context: Context): Span {
		const tracer = api.trace.getTracer("trilogue", PACKAGE_VERSION, { schemaUrl: TRACE_SCHEMA_URL });
		return tracer.startSpan(name, { kind, attributes }, context);
	}

	/** Records values in the histograms of the present provider. */
	measure(api: OpenTelemetry, measurements: Measurement[], context: Context): void {
		const provider = api.metrics.getMeterProvider();
		let histograms = this.#instruments.get(provider);
		if (!histograms) {
			const meter = provider.getMeter("trilogue", PACKAGE_VERSION, { schemaUrl: TRACE_SCHEMA_URL });
			const { instruments } = nativeOperation("trace_instruments", {});
			histograms = new Map(
				instruments.map(({ name, unit, description, bounds }) => [
					name,
					meter.createHistogram(name, { unit, description, advice: { explicitBucketBoundaries: bounds } }),
				]),
			);
			this.#instruments.set(provider, histograms);
		}
		for (const { name, value, attributes } of measurements) histograms.get(name)?.record(value, attributes, context);
	}
}

/** The span of a call, which ends with the record, or if it has the content of the reply, with both. */
class CallSpan implements CallExporter {
	readonly headers: Record<string, string> = {};
	readonly wantsReply: boolean;
	readonly #api: OpenTelemetry;
	readonly #telemetry: Telemetry;
	readonly #span: Span;
	readonly #context: Context;
	#record: CallRecord | undefined;
	/** The reply, once it is known. */
	#reply: { value: unknown } | undefined;

	constructor(api: OpenTelemetry, telemetry: Telemetry, call: CallStart) {
		this.#api = api;
		this.#telemetry = telemetry;
		const with_content = recordsContent();
		const { name, shared, attributes } = describeRequest(call, with_content);
		const parent = api.context.active();
		// Samplers see the attributes that a span is started with.
		this.#span = telemetry.startSpan(api, name, clientKind, shared, parent);
		this.#span.setAttributes(attributes);
		this.#context = api.trace.setSpan(parent, this.#span);
		if (call.run) call.run.context = this.#context;
		api.propagation.inject(this.#context, this.headers);
		this.wantsReply = with_content && this.#span.isRecording();
	}

	ended(record: CallRecord): void {
		this.#record = record;
		this.#end();
	}

	replied(value: unknown): void {
		this.#reply ??= { value };
		this.#end();
	}

	#end(): void {
		const record = this.#record;
		if (!record || (this.wantsReply && !this.#reply)) return;
		this.#record = undefined;
		const { attributes, failure, events, measurements } = nativeOperation("trace_record", { record });
		const span = this.#span;
		span.setAttributes(attributes);
		if (this.wantsReply && this.#reply?.value) {
			span.setAttributes(nativeOperation("trace_reply", { reply: this.#reply.value }).attributes);
		}
		for (const { name, attributes, time } of events) span.addEvent(name, attributes, time);
		if (failure !== undefined && failure !== null) span.setStatus({ code: failedStatus, message: failure });
		this.#telemetry.measure(this.#api, measurements, this.#context);
		span.end();
	}
}

/** The name and the attributes of a call's span. */
function describeRequest({ baseURL, endpoint, body, isStreamed }: CallStart, with_content: boolean) {
	const request = (body ?? {}) as Attributes;
	const { messages, tools, ...parameters } = request;
	const describe = (request: Attributes) =>
		nativeOperation("trace_request", {
			base_url: baseURL,
			endpoint: endpoint as "chat" | "messages",
			request,
			is_stream: isStreamed,
			with_content,
		});
	try {
		return describe(with_content ? request : parameters);
	} catch {
		// A body that JSON cannot represent: the call is refused for it.
		return describe(typeof request.model === "string" ? { model: request.model } : {});
	}
}

/** The span of a function that a model called. */
class ToolSpan {
	readonly #api: OpenTelemetry;
	readonly #call: object;
	readonly #span: Span;
	readonly #with_content = recordsContent();

	constructor(api: OpenTelemetry, telemetry: Telemetry, run: RunTrace, call: object) {
		this.#api = api;
		this.#call = call;
		const parent = (run.context as Context | undefined) ?? api.context.active();
		const { name, attributes } = nativeOperation("trace_tool", { call, with_content: this.#with_content });
		this.#span = telemetry.startSpan(api, name, internalKind, attributes, parent);
	}

	/** Runs `work` within the span. */
	run<T>(work: () => Promise<T>): Promise<T> {
		const { context, trace } = this.#api;
		return context.with(trace.setSpan(context.active(), this.#span), work);
	}

	end(outcome: { content?: string; error?: string; message?: string }): void {
		const with_content = this.#with_content;
		const { attributes, failure } = nativeOperation("trace_tool", { call: this.#call, outcome, with_content });
		this.#span.setAttributes(attributes);
		if (failure !== undefined && failure !== null) this.#span.setStatus({ code: failedStatus, message: failure });
		this.#span.end();
	}
}

interface Channel {
	readonly hasSubscribers: boolean;
	publish(message: unknown): void;
}

/** Publishes the record of each call. Without a subscriber when the call begins, nothing is done for it. */
export function publisher(channel: Channel): Exporter {
	return () => (channel.hasSubscribers ? { ended: (record) => channel.publish(record) } : undefined);
}
