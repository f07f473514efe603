// The part of the package `@opentelemetry/api` that `telemetry.ts` uses. A program without OpenTelemetry does not install the package.

type Attributes = Record<string, unknown>;

export type Context = object;

export interface Span {
	isRecording(): boolean;
	setAttributes(attributes: Attributes): unknown;
	addEvent(name: string, attributes: Attributes, time: number): unknown;
	setStatus(status: { code: number; message: string }): unknown;
	end(): void;
}

export interface Histogram {
	record(value: number, attributes: Attributes, context: Context): void;
}

/** The package's exports. */
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

/** The kind of a span within the program. */
export const internalKind = 0;
/** The kind of the span of a request. */
export const clientKind = 2;
/** The status of a span that failed. */
export const failedStatus = 2;
