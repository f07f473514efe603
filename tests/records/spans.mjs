// Spans of calls and functions that go wrong, and exporters that do, with the npm package in Node. Prints what each case has left, as JSON.
//
// node --expose-gc spans.mjs. Asserts nothing.

import { createServer } from "node:http";
import { subscribe } from "node:diagnostics_channel";
import { trace } from "@opentelemetry/api";
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-node";
import { Client, tool } from "trilogue";

const pause = (milliseconds) => new Promise((ready) => setTimeout(ready, milliseconds));
const frame = (delta, reason = null) => {
	const choices = [{ index: 0, delta, finish_reason: reason }];
	return `data: ${JSON.stringify({ id: "c", object: "chat.completion.chunk", created: 1, model: "served", choices })}\n\n`;
};
const call = (number) => ({ index: 0, id: `call_${number}`, type: "function", function: { name: "work", arguments: "{}" } });

/** Begins a stream for the model `begun`. Calls a function once for the model `tools`. Answers all others. */
const server = createServer(async (request, response) => {
	let text = "";
	for await (const part of request) text += part;
	const { model, messages } = JSON.parse(text);
	response.setHeader("content-type", "text/event-stream");
	if (model === "begun") return response.write(frame({ content: "Hel" }));
	if (model === "tools" && messages.length === 1) {
		return response.end(`${frame({ tool_calls: [call(0)] })}${frame({}, "tool_calls")}data: [DONE]\n\n`);
	}
	response.end(`${frame({ content: "Hello" })}${frame({}, "stop")}data: [DONE]\n\n`);
});
await new Promise((ready) => server.listen(0, "127.0.0.1", ready));

const exporter = new InMemorySpanExporter();
let isBroken = false;
const broken = () => {
	if (isBroken) throw new RangeError("the processor is broken");
};
const breaking = { onStart: broken, onEnd: broken, forceFlush: async () => undefined, shutdown: async () => undefined };
new NodeTracerProvider({ spanProcessors: [breaking, new SimpleSpanProcessor(exporter)] }).register();
process.env.OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT = "true";

const records = [];
subscribe("trilogue:call", (record) => records.push(record));
const warnings = [];
const logger = { error: () => undefined, warn: (line) => warnings.push(line), info: () => undefined, debug: () => undefined };
const baseURL = `http://127.0.0.1:${server.address().port}`;
const client = new Client({ baseURL, logger, maxRetries: 0 });
const ask = (model, more) => ({ model, messages: [{ role: "user", content: "Hi" }], ...more });
const nameOf = (work) =>
	work.then(
		() => "no error",
		(error) => error?.name ?? String(error),
	);
/** Waits for a span with this name, and takes all that have ended. */
async function takeSpans(name) {
	for (let wait = 0; wait < 400 && !exporter.getFinishedSpans().some((span) => span.name === name); wait += 1) {
		globalThis.gc();
		await pause(25);
	}
	const spans = exporter.getFinishedSpans().map(({ name, attributes, status }) => ({ name, attributes, failure: status.message ?? null }));
	exporter.reset();
	return spans;
}

const runTools = (run, more = {}) => {
	const tools = [tool({ name: "work", description: "Works.", parameters: { type: "object", properties: {} }, run })];
	return client.chat.completions.runTools(ask("tools", { tools }), more).final();
};
const circular = {};
circular.self = circular;

const cases = {
	"a broken processor": async () => {
		isBroken = true;
		const reply = await client.chat.completions.stream(ask("m")).final();
		await nameOf(runTools(() => "fine"));
		isBroken = false;
		return { text: reply.choices[0].message.content, warnings: warnings.splice(0) };
	},
	"a body that JSON cannot represent": async () => ({
		error: await nameOf(client.chat.completions.create(ask("m", { seed: 1n }))),
		spans: await takeSpans("chat m"),
	}),
	"a body that is no object": async () => ({
		error: await nameOf(client.chat.completions.create([])),
		spans: await takeSpans("chat"),
	}),
	"a key that cannot be obtained": async () => {
		const own = client.withOptions({ apiKey: () => Promise.reject(undefined) });
		return { error: await nameOf(own.chat.completions.create(ask("m"))), spans: await takeSpans("chat m") };
	},
	"a model with line separators": async () => {
		records.length = 0;
		await nameOf(client.chat.completions.stream(ask("m\u2028\u2029")).final());
		return { spans: await takeSpans("chat m\u2028\u2029"), models: records.map(({ model }) => model) };
	},
	"a stream that is collected": async () => {
		await (async () => (await client.chat.completions.create(ask("begun", { stream: true }))).next())();
		return { spans: await takeSpans("chat begun") };
	},
	"a function that takes too long": async () => {
		const run = () => new Promise(() => {});
		return { error: await nameOf(runTools(run, { toolTimeout: 50 })), spans: await takeSpans("execute_tool work") };
	},
	"a result that JSON cannot represent": async () => ({
		error: await nameOf(runTools(() => circular)),
		spans: await takeSpans("execute_tool work"),
	}),
	"a function that throws no error": async () => ({
		error: await nameOf(runTools(() => Promise.reject(undefined))),
		spans: await takeSpans("execute_tool work"),
	}),
};

const outcomes = {};
for (const [title, run] of Object.entries(cases)) {
	outcomes[title] = await run();
	exporter.reset();
}
trace.disable();
console.log(JSON.stringify(outcomes));
process.exit(0);
