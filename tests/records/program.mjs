// Makes the calls of the test with every exporter of the npm package, and prints what each has exported, as JSON.
//
// Standard input has the cases, with the base URLs of their servers. `--plain`: without OpenTelemetry, as over the wasm module. Asserts nothing.

import { subscribe } from "node:diagnostics_channel";
import { text } from "node:stream/consumers";
import { context, metrics, propagation, trace } from "@opentelemetry/api";
import { InMemoryMetricExporter, MeterProvider, PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics";
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-node";
import { Client, tool } from "trilogue";

const isPlain = process.argv.includes("--plain");
const exporter = new InMemorySpanExporter();
const measured = new InMemoryMetricExporter(1);
const reader = new PeriodicExportingMetricReader({ exporter: measured, exportIntervalMillis: 600_000 });
if (!isPlain) {
	new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }).register();
	metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }));
}

let records = [];
let lines = [];
subscribe("trilogue:call", (record) => records.push(record));
const keep = (line) => lines.push(line.replace(/^\[\d+\] /, ""));
const logger = { error: keep, warn: keep, info: keep, debug: keep };

async function makeCall({ name, base_url, other, prices, max_retries = 2, stream = false, until = "end" }) {
	const fallbacks = other ? [{ baseURL: other, model: "spare" }] : undefined;
	const options = { baseURL: base_url, apiKey: "sk-hushhush-1234", prices, maxRetries: max_retries, fallbacks };
	const client = new Client({ ...options, logger, logLevel: "debug" });
	const request = { model: name, messages: [{ role: "user", content: "Hi" }] };
	const controller = new AbortController();
	if (until === "sent") setTimeout(() => controller.abort(), 500);
	try {
		const reply = await client.chat.completions.create({ ...request, stream }, { signal: controller.signal });
		if (stream) {
			for await (const _ of reply) if (until === "first") break;
		}
	} catch (error) {
		if (error.name === "TypeError") throw error;
	}
	// The last notices come with the next turn of the event loop.
	while (records.length === 0) await new Promise((ready) => setTimeout(ready, 5));
}

const weather = tool({
	name: "weather",
	description: "Return the weather of a city.",
	parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
	run: ({ city }) =>
		trace.getTracer("program").startActiveSpan("lookup", (span) => {
			span.end();
			if (city !== "Oslo") throw new TypeError(`no such city: ${city}`);
			return "sunny";
		}),
});

/** Runs a model that calls the function, and returns the tree of the spans: each with its parent's name. */
async function runTools(baseURL) {
	const client = new Client({ baseURL, apiKey: "sk-hushhush-1234", logger, logLevel: "debug" });
	const request = { model: "tools", messages: [{ role: "user", content: "Hi" }], tools: [weather] };
	await trace.getTracer("program").startActiveSpan("program", async (span) => {
		await client.chat.completions.runTools(request).final();
		span.end();
	});
	while (records.length < 2) await new Promise((ready) => setTimeout(ready, 5));
	const spans = exporter.getFinishedSpans();
	const names = new Map(spans.map((span) => [span.spanContext().spanId, span.name]));
	return spans.map(({ name, parentSpanContext, attributes, status }) => ({
		name,
		parent: names.get(parentSpanContext?.spanId) ?? null,
		attributes,
		failure: status.message ?? null,
	}));
}

const calls = {};
const given = JSON.parse(await text(process.stdin));
for (const one of given.cases) {
	await makeCall(one);
	const [span] = exporter.getFinishedSpans();
	calls[one.name] = {
		records,
		lines,
		span: span && {
			name: span.name,
			attributes: span.attributes,
			failure: span.status.message ?? null,
			events: span.events.map(({ name, attributes }) => ({ name, attributes })),
		},
	};
	exporter.reset();
	[records, lines] = [[], []];
}
let points = [];
let tree = [];
if (!isPlain) {
	await reader.forceFlush();
	const scopes = measured.getMetrics().at(-1).scopeMetrics;
	points = scopes.flatMap(({ metrics }) => metrics).flatMap(({ descriptor, dataPoints }) =>
		dataPoints.map(({ attributes, value }) => ({ name: descriptor.name, attributes, count: value.count, sum: value.sum })),
	);
	tree = await runTools(given.tools);
	for (const api of [context, metrics, propagation, trace]) api.disable();
}
console.log(JSON.stringify({ calls, metrics: points, tools: tree }));
process.exit(0);
