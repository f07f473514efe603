// Tests of `trilogue/ai-sdk` with the AI SDK. Prints the number of cases. The client's own `fetch` plays the server.

import { deepEqual, equal, ok, rejects, throws } from "node:assert/strict";
import { generateText, Output, stepCountIs, streamText, tool } from "ai";
import { Client } from "trilogue";
import { createTrilogue } from "trilogue/ai-sdk";
import { z } from "zod";

const about = { id: "c", created: 1, model: "served" };
const usage = {
	prompt_tokens: 10,
	completion_tokens: 7,
	total_tokens: 17,
	prompt_tokens_details: { cached_tokens: 4 },
	completion_tokens_details: { reasoning_tokens: 2 },
};
const whole = (message, finish_reason = "stop") =>
	Response.json({ ...about, object: "chat.completion", choices: [{ index: 0, message: { role: "assistant", ...message }, finish_reason }], usage });
const frame = (value) => `data: ${JSON.stringify(value)}\n\n`;
const chunk = (delta, finish_reason = null) => frame({ ...about, object: "chat.completion.chunk", choices: [{ index: 0, delta, finish_reason }] });
const streamed = (...frames) => new Response(frames.join(""), { headers: { "content-type": "text/event-stream" } });
const ended = (reason = "stop") => [chunk({}, reason), frame({ ...about, object: "chat.completion.chunk", choices: [], usage }), "data: [DONE]\n\n"];
const call = (id, name, text) => ({ index: 0, id, type: "function", function: { name, arguments: text } });

/** A model whose server gives these responses, and the bodies of the requests. */
function scripted(...responses) {
	const bodies = [];
	const fetch = async (_, { body }) => {
		bodies.push(JSON.parse(body));
		const response = responses[bodies.length - 1];
		return typeof response === "function" ? response() : response;
	};
	const client = new Client({ baseURL: "http://model.test/v1", apiKey: "sk", fetch, prices: { served: { input: "1", output: "2" } } });
	return { model: createTrilogue(client)("m"), bodies };
}

const weather = tool({ description: "The weather", inputSchema: z.object({ city: z.string() }), execute: async ({ city }) => `${city}: clear` });

const cases = {
	"usage, metadata, sources and cost of a whole reply": async () => {
		const annotations = [{ type: "url_citation", url_citation: { url: "http://a.test/", title: "A" } }];
		const { model } = scripted(whole({ content: "Hello.", reasoning_content: "Short.", annotations }));
		const reply = await generateText({ model, prompt: "Hi" });
		deepEqual([reply.text, reply.reasoningText, reply.finishReason], ["Hello.", "Short.", "stop"]);
		const { inputTokens, outputTokens, inputTokenDetails, outputTokenDetails } = reply.usage;
		deepEqual([inputTokens, outputTokens], [10, 7]);
		deepEqual([inputTokenDetails.cacheReadTokens, inputTokenDetails.noCacheTokens], [4, 6]);
		deepEqual([outputTokenDetails.reasoningTokens, outputTokenDetails.textTokens], [2, 5]);
		deepEqual([reply.response.id, reply.response.modelId, reply.response.timestamp.getTime()], ["c", "served", 1000]);
		deepEqual(reply.sources.map(({ url, title }) => [url, title]), [["http://a.test/", "A"]]);
		ok(Number(reply.providerMetadata.trilogue.cost.total) > 0);
	},
	"settings of a call": async () => {
		const { model, bodies } = scripted(whole({ content: "Hello." }));
		const providerOptions = { trilogue: { verbosity: "low" } };
		const settings = { maxOutputTokens: 9, temperature: 0.5, topP: 0.9, seed: 3, stopSequences: ["."], reasoning: "low" };
		await generateText({ model, prompt: "Hi", ...settings, providerOptions });
		const { messages, ...rest } = bodies[0];
		deepEqual(messages, [{ role: "user", content: [{ type: "text", text: "Hi" }] }]);
		const expected = { model: "m", stream: false, max_completion_tokens: 9, temperature: 0.5, top_p: 0.9, seed: 3, stop: ["."] };
		deepEqual(rest, { ...expected, reasoning_effort: "low", verbosity: "low" });
	},
	"a stream with reasoning": async () => {
		const { model } = scripted(streamed(chunk({ reasoning_content: "Sh" }), chunk({ reasoning_content: "ort." }), chunk({ content: "Hel" }), chunk({ content: "lo." }), ...ended()));
		const reply = streamText({ model, prompt: "Hi" });
		const types = [];
		for await (const { type } of reply.stream) types.push(type);
		const texts = (kind) => [`${kind}-start`, `${kind}-delta`, `${kind}-delta`, `${kind}-end`];
		deepEqual(types.filter((type) => /^(text|reasoning)-/.test(type)), [...texts("reasoning"), ...texts("text")]);
		deepEqual([await reply.text, await reply.reasoningText, await reply.finishReason], ["Hello.", "Short.", "stop"]);
		equal((await reply.usage).outputTokens, 7);
	},
	"the steps of a tool call, whole and streamed": async () => {
		const wholes = [whole({ content: null, reasoning: "Ask.", tool_calls: [call("call_1", "weather", '{"city":"Oslo"}')] }, "tool_calls"), whole({ content: "Clear." })];
		const streams = [
			// This provider sends no id.
			streamed(chunk({ reasoning: "Ask." }), chunk({ tool_calls: [call(undefined, "weather", '{"city"')] }), chunk({ tool_calls: [{ index: 0, function: { arguments: ':"Oslo"}' } }] }), ...ended("tool_calls")),
			streamed(chunk({ content: "Clear." }), ...ended()),
		];
		for (const [responses, run] of [[wholes, generateText], [streams, streamText]]) {
			const { model, bodies } = scripted(...responses);
			const reply = await run({ model, prompt: "Weather?", tools: { weather }, stopWhen: stepCountIs(3) });
			equal(await reply.text, "Clear.");
			const [definition] = bodies[0].tools;
			deepEqual([definition.type, definition.function.name, definition.function.parameters.required], ["function", "weather", ["city"]]);
			const [, requested, answered] = bodies[1].messages;
			deepEqual([requested.role, requested.content, requested.reasoning], ["assistant", null, "Ask."]);
			deepEqual(requested.tool_calls.map(({ function: { name, arguments: text } }) => [name, text]), [["weather", '{"city":"Oslo"}']]);
			ok(requested.tool_calls[0].id);
			deepEqual(answered, { role: "tool", tool_call_id: requested.tool_calls[0].id, content: "Oslo: clear" });
		}
	},
	"a choice of a tool": async () => {
		const { model, bodies } = scripted(whole({ content: null, tool_calls: [call("call_1", "weather", '{"city":"Oslo"}')] }, "tool_calls"));
		const { toolCalls } = await generateText({ model, prompt: "Hi", tools: { weather: { ...weather, execute: undefined } }, toolChoice: { type: "tool", toolName: "weather" } });
		deepEqual(bodies[0].tool_choice, { type: "function", function: { name: "weather" } });
		deepEqual(toolCalls.map(({ toolName, input }) => [toolName, input]), [["weather", { city: "Oslo" }]]);
	},
	"tools of the provider are left out, with a warning and without a choice": async () => {
		const { model, bodies } = scripted(whole({ content: "Hello." }));
		const prompt = [{ role: "system", content: "Hi" }];
		const search = { type: "provider", id: "other.search", name: "search", args: {} };
		const { warnings } = await model.doGenerate({ prompt, tools: [search], toolChoice: { type: "required" } });
		deepEqual([bodies[0].tools, bodies[0].tool_choice], [undefined, undefined]);
		deepEqual(warnings.map(({ feature }) => feature), ["provider tool other.search"]);
	},
	"structured output, whole and streamed": async () => {
		const output = Output.object({ schema: z.object({ dish: z.string() }) });
		const { model, bodies } = scripted(whole({ content: '{"dish":"soup"}' }), streamed(chunk({ content: '{"dish"' }), chunk({ content: ':"soup"}' }), ...ended()));
		deepEqual((await generateText({ model, prompt: "A dish", output })).output, { dish: "soup" });
		deepEqual(await streamText({ model, prompt: "A dish", output }).output, { dish: "soup" });
		equal(bodies[1].response_format.type, "json_schema");
		deepEqual(bodies[1].response_format.json_schema.schema.required, ["dish"]);
	},
	"files": async () => {
		const { model, bodies } = scripted(whole({ content: "Seen." }));
		const content = [
			{ type: "file", data: new Uint8Array([1, 2]), mediaType: "image/gif" },
			{ type: "file", data: new URL("https://a.test/b.png"), mediaType: "image/png" },
			{ type: "file", data: new Uint8Array([3]), mediaType: "audio/wav" },
			{ type: "file", data: new Uint8Array([4]), mediaType: "application/pdf", filename: "a.pdf" },
			{ type: "file", data: new Uint8Array([5]), mediaType: "video/mp4" },
		];
		const { warnings } = await generateText({ model, messages: [{ role: "user", content }] });
		deepEqual(bodies[0].messages[0].content.slice(0, 4), [
			{ type: "image_url", image_url: { url: "data:image/gif;base64,AQI=" } },
			{ type: "image_url", image_url: { url: "https://a.test/b.png" } },
			{ type: "input_audio", input_audio: { data: "Aw==", format: "wav" } },
			{ type: "file", file: { filename: "a.pdf", file_data: "data:application/pdf;base64,BA==" } },
		]);
		deepEqual(warnings.map(({ feature }) => feature), ["file of type video/mp4 as data"]);
	},
	"an error is the client's, and retried only by the client": async () => {
		const busy = () => Response.json({ error: { message: "busy" } }, { status: 503, headers: { "retry-after-ms": "1" } });
		const { model, bodies } = scripted(busy, busy, busy, busy);
		await rejects(generateText({ model, prompt: "Hi" }), { name: "InternalServerError", status: 503 });
		equal(bodies.length, 3);
	},
	"an error within a stream": async () => {
		const { model } = scripted(streamed(chunk({ content: "Hel" })));
		const errors = [];
		const reply = streamText({ model, prompt: "Hi", onError: ({ error }) => errors.push(error.name) });
		let text = "";
		for await (const part of reply.textStream) text += part;
		deepEqual([text, errors, await reply.finishReason], ["Hel", ["IncompleteStreamError"], "error"]);
	},
	"a call that is cancelled": async () => {
		const controller = new AbortController();
		const { model } = scripted(() => new Promise(() => controller.abort()), () => {
			const begun = (stream) => stream.enqueue(new TextEncoder().encode(chunk({ content: "Hel" })));
			return new Response(new ReadableStream({ start: begun }), { headers: { "content-type": "text/event-stream" } });
		});
		await rejects(generateText({ model, prompt: "Hi", abortSignal: controller.signal }), { name: "AbortError" });
		const later = new AbortController();
		const types = [];
		for await (const { type } of streamText({ model, prompt: "Hi", abortSignal: later.signal }).stream) {
			types.push(type);
			if (type === "text-delta") later.abort();
		}
		equal(types.at(-1), "abort");
	},
	"models of other kinds": () => {
		const provider = createTrilogue(new Client({ baseURL: "http://127.0.0.1:1" }));
		equal(provider.languageModel("m").modelId, "m");
		throws(() => provider.embeddingModel("e"), /only language models/);
	},
};

for (const [name, run] of Object.entries(cases)) {
	try {
		await run();
	} catch (cause) {
		throw new Error(`failed: ${name}`, { cause });
	}
}
console.log(`${Object.keys(cases).length} cases`);
