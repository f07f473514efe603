// Exporters of Node: spans and metrics of OpenTelemetry, and `node:diagnostics_channel`.
//
// The core writes names and attributes, and the values of metrics, from the record of each call. `@opentelemetry/api` is only loaded if the program
// has registered an SDK; content of messages is recorded only if `OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT` requests it.

import { binding } from "../binding/binding.js";
import { outcome } from "../binding/operations.js";
import { CONTENT_SETTINGS, CONTENT_VARIABLE, TRACE_SCHEMA_URL } from "../generated/constants.js";
import type { CallExporter, CallStart, Exporter, ToolExporter } from "../requests/observers.js";
import type { CallRecord } from "../requests/record.js";

/** The version of this package. `build.mjs` fills it in. */
declare const PACKAGE_VERSION: string;

/** The version of the conventions that define names and units. */

type Attributes = Record<string, unknown>;
type Context = object;

interface Span {
	isRecording(): boolean;
	setAttributes(attributes: Attributes): unknown;
	addEvent(name: string, attributes: Attributes, time: number): unknown;
	setStatus(status: { code: number; message: string }): unknown;
	end(): void;
}

interface Histogram {
	record(value: number, attributes: Attributes, context: Context): void;
}

/** The part of `@opentelemetry/api` that is used here. */
export interface OpenTelemetry {
	trace: {
		getTracer(
			name: string,
			version: string,
			options: object,
		): { startSpan(name: string, options: object, context: Context): Span };
		setSpan(context: Context, span: Span): Context;
	};
	metrics: {
		getMeterProvider(): object & {
			getMeter(
				name: string,
				version: string,
				options: object,
			): { createHistogram(name: string, options: object): Histogram };
		};
	};
	context: {
		active(): Context & { getValue(key: symbol): unknown };
		with<T>(context: Context, work: () => T): T;
	};
	propagation: { inject(context: Context, carrier: Record<string, string>): void };
}

/** A span's kinds and the status of a failure, by OpenTelemetry's numbers. */
const internal = 0;
const client = 2;
const failed = 2;

/** The key by which SDKs mark contexts whose work must not be traced. */
const suppressed = Symbol.for("OpenTelemetry SDK Context Key SUPPRESS_TRACING");
/** The global under which the API keeps the program's SDK. */
const registered = Symbol.for("opentelemetry.js.api.1");

interface Measurement {
	name: string;
	value: number;
	attributes: Attributes;
}

interface Instrument {
	name: string;
	unit: string;
	description: string;
	bounds: number[];
}

interface Traced {
	trace_request: { name: string; shared: Attributes; attributes: Attributes };
	trace_record: {
		attributes: Attributes;
		failure?: string;
		events: { name: string; time: number; attributes: Attributes }[];
		measurements: Measurement[];
	};
	trace_reply: { attributes: Attributes };
	trace_instruments: { instruments: Instrument[] };
	trace_tool: { name: string; attributes: Attributes; failure?: string };
}

function traced<Name extends keyof Traced>(name: Name, input: object): Traced[Name] {
	return outcome(binding().operation(name, JSON.stringify(input)));
}

function recordsContent(): boolean {
	const setting = process.env[CONTENT_VARIABLE] ?? "";
	return CONTENT_SETTINGS.includes(setting.trim().toLowerCase());
}

/** Exports calls, and the functions that models call, to the program's OpenTelemetry. */
export class Telemetry {
	readonly #load: () => OpenTelemetry;
	#api: OpenTelemetry | undefined;
	/** Whether the core's module has no operations for traces, as that of browsers. */
	#isUnsupported = false;
	readonly #instruments = new WeakMap<object, Map<string, Histogram>>();

	/** `load` returns the package `@opentelemetry/api`, or throws if it cannot be found. */
	constructor(load: () => OpenTelemetry) {
		this.#load = load;
	}

	/** The API; undefined if the program has no SDK, or suppresses instrumentation here. */
	#active(): OpenTelemetry | undefined {
		const sdk = (globalThis as { [registered]?: { trace?: unknown; metrics?: unknown } })[registered];
		if (this.#isUnsupported || (!sdk?.trace && !sdk?.metrics)) return undefined;
		if (!this.#api) {
			try {
				traced("trace_instruments", {});
				this.#api = this.#load();
			} catch (error) {
				// The program has the API in a bundle, or this package runs over its wasm module.
				this.#isUnsupported = true;
				const { message } = error as Error;
				process.emitWarning(`trilogue can't export to OpenTelemetry: ${message}`, { code: "TRILOGUE_OPENTELEMETRY" });
				return undefined;
			}
		}
		return this.#api.context.active().getValue(suppressed) ? undefined : this.#api;
	}

	/** Begins the span of a call. */
	readonly call: Exporter = (call) => {
		if (call.endpoint !== "chat" && call.endpoint !== "messages") return undefined;
		const api = this.#active();
		return api && new CallSpan(api, this, call);
	};

	/** Runs a function within a span below that of the call which requested it. */
	readonly tool: ToolExporter = (run, call, work) => {
		const api = this.#active();
		if (!api) return work();
		const with_content = recordsContent();
		const { name, attributes } = traced("trace_tool", { call, with_content });
		const parent = (run.context as Context | undefined) ?? api.context.active();
		const span = this.startSpan(api, name, internal, attributes, parent);
		const end = (outcome: { content?: unknown; error?: string; message?: string }) => {
			const { attributes, failure } = traced("trace_tool", { call, outcome, with_content });
			span.setAttributes(attributes);
			if (failure) span.setStatus({ code: failed, message: failure });
			span.end();
		};
		const fail = (error: unknown): never => {
			const { name, message } = error instanceof Error ? error : { name: typeof error, message: String(error) };
			end({ error: name, message });
			throw error;
		};
		const done = (value: unknown) => {
			const text = () => (typeof value === "string" ? value : JSON.stringify(value ?? null));
			end(with_content ? { content: text() } : {});
			return value;
		};
		return api.context.with(api.trace.setSpan(api.context.active(), span), async () => {
			let value: unknown;
			try {
				value = await work();
			} catch (error) {
				return fail(error);
			}
			return done(value);
		});
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
			const { instruments } = traced("trace_instruments", {});
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

	constructor(api: OpenTelemetry, telemetry: Telemetry, { baseURL, endpoint, body, isStreamed, run }: CallStart) {
		this.#api = api;
		this.#telemetry = telemetry;
		const with_content = recordsContent();
		const { messages: _, tools: __, ...plain } = body as Attributes;
		const { name, shared, attributes } = traced("trace_request", {
			base_url: baseURL,
			endpoint,
			request: with_content ? body : plain,
			is_stream: isStreamed,
			with_content,
		});
		const parent = api.context.active();
		// Samplers see the attributes that a span is started with.
		this.#span = telemetry.startSpan(api, name, client, shared, parent);
		this.#span.setAttributes(attributes);
		this.#context = api.trace.setSpan(parent, this.#span);
		if (run) run.context = this.#context;
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
		const { attributes, failure, events, measurements } = traced("trace_record", { record });
		const span = this.#span;
		span.setAttributes(attributes);
		if (this.wantsReply && this.#reply?.value) {
			span.setAttributes(traced("trace_reply", { reply: this.#reply.value }).attributes);
		}
		for (const { name, attributes, time } of events) span.addEvent(name, attributes, time);
		if (failure !== undefined && failure !== null) span.setStatus({ code: failed, message: failure });
		this.#telemetry.measure(this.#api, measurements, this.#context);
		span.end();
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
