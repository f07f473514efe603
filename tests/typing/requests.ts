// Which requests TypeScript accepts: a program that only has to compile.
//
// Each `@ts-expect-error` fails to compile if the line after it has no type error.

import {
	type ChatCompletionMessageParam,
	Client,
	type ContentBlock,
	type InputMessageParam,
	loadCatalog,
	type MessageEvent,
	type MessageParam,
	type NormalEvent,
	type ToolEvent,
	tool,
} from "trilogue";

const client = new Client({ baseURL: "http://127.0.0.1:1" });
const { completions } = client.chat;
const { messages } = client;
const model = "m";
const max_tokens = 100;

export function roles() {
	completions.create({ model, messages: [{ role: "user", content: "Hi" }] });
	completions.create({ model, messages: [{ role: "developer", content: "Be brief." }], stream: true });
	completions.stream({ model, messages: [{ role: "assistant", content: null, refusal: "No." }] });
	messages.create({ model, max_tokens, messages: [{ role: "user", content: "Hi" }] });
	messages.stream({ model, max_tokens, messages: [{ role: "user", content: [{ type: "text", text: "Hi" }] }] });
	// @ts-expect-error there is no such role
	completions.create({ model, messages: [{ role: "usr", content: "Hi" }] });
	// @ts-expect-error there is no such role
	completions.create({ model, messages: [{ role: "usr", content: "Hi" }], stream: true });
	// @ts-expect-error there is no such role
	completions.stream({ model, messages: [{ role: "usr", content: "Hi" }] });
	// @ts-expect-error there is no such role
	completions.parse({ model, messages: [{ role: "usr", content: "Hi" }], response_format: { type: "object" } });
	// @ts-expect-error there is no such role
	completions.runTools({ model, messages: [{ role: "usr", content: "Hi" }], tools: [] });
	// @ts-expect-error there is no such role in this format
	messages.create({ model, max_tokens, messages: [{ role: "system", content: "Hi" }] });
	// @ts-expect-error there is no such role in this format
	messages.create({ model, max_tokens, messages: [{ role: "system", content: "Hi" }], stream: true });
	// @ts-expect-error there is no such role
	messages.stream({ model, max_tokens, messages: [{ role: "usr", content: "Hi" }] });
	// @ts-expect-error there is no such role
	messages.countTokens({ model, messages: [{ role: "usr", content: "Hi" }] });
	// @ts-expect-error there is no such part
	completions.create({ model, messages: [{ role: "user", content: [{ type: "txt", text: "Hi" }] }] });
	// @ts-expect-error a tool's result names its call
	completions.create({ model, messages: [{ role: "tool", content: "1" }] });
}

const chat: ChatCompletionMessageParam[] = [{ role: "user", content: "Hi" }];
const turns: InputMessageParam[] = [{ role: "user", content: "Hi" }];

export function fields() {
	// @ts-expect-error there is no such field
	completions.create({ model, messages: chat, max_token: 10 });
	// @ts-expect-error there is no such field
	completions.create({ model, messages: chat, max_token: 10, stream: true });
	// @ts-expect-error there is no such field
	completions.stream({ model, messages: chat, max_token: 10 });
	// @ts-expect-error there is no such field
	messages.create({ model, messages: turns, max_tokens, max_token: 10 });
	// @ts-expect-error there is no such field
	messages.create({ model, messages: turns, max_tokens, max_token: 10, stream: true });
	// @ts-expect-error there is no such field
	messages.stream({ model, messages: turns, max_tokens, max_token: 10 });
	// @ts-expect-error the field is required
	messages.create({ model, messages: turns });
	// @ts-expect-error a number
	completions.create({ model, messages: chat, temperature: "1" });
	completions.create({ model, messages: chat }, { extraBody: { min_p: 0.1 } });
	// @ts-expect-error there is no such value
	completions.create({ model, messages: chat, reasoning_effort: "most" });
	// @ts-expect-error there is no such type
	messages.create({ model, messages: turns, max_tokens, thinking: { type: "on" } });
}

export function tools() {
	const weather = { type: "function" as const, function: { name: "weather" } };
	completions.create({ model, messages: chat, tools: [weather], tool_choice: "required" });
	completions.create({ model, messages: chat, tool_choice: { type: "function", function: { name: "weather" } } });
	// @ts-expect-error there is no such choice
	completions.create({ model, messages: chat, tool_choice: "always" });
	// @ts-expect-error there is no such type
	completions.create({ model, messages: chat, tool_choice: { type: "func", function: { name: "weather" } } });
	messages.create({ model, messages: turns, max_tokens, tool_choice: { type: "tool", name: "weather" } });
	messages.create({ model, messages: turns, max_tokens, tools: [{ type: "web_search_20250305", name: "web_search" }] });
	// @ts-expect-error a choice is an object in this format
	messages.create({ model, messages: turns, max_tokens, tool_choice: "auto" });
	// @ts-expect-error there is no such type
	messages.stream({ model, messages: turns, max_tokens, tool_choice: { type: "required" } });
	const run = tool({ name: "weather", parameters: { type: "object" }, run: () => "sunny" });
	completions.runTools({ model, messages: chat, tools: [run, weather] });
}

/** Bodies that are not written in place: their strings have the type `string`. */
export async function widened(stream: boolean) {
	const ask = { model, messages: [{ role: "user", content: "Hi" }] };
	const turn = { ...ask, max_tokens };
	const functions = [{ type: "function", function: { name: "weather", parameters: { type: "object" } } }];
	(await completions.create(ask)).choices;
	(await completions.create({ ...ask, tools: functions, stream: true })).controller;
	completions.create({ ...ask, stream });
	completions.stream(ask);
	completions.estimate(ask);
	completions.parse<string>({ ...ask, response_format: { type: "string" } });
	completions.runTools({ ...ask, tools: functions });
	(await messages.create(turn)).content;
	messages.stream({ ...turn, output_format: { type: "string" } });
	messages.countTokens(ask);
	const older: MessageParam[] = [{ role: "user", content: "Hi" }];
	completions.create({ model, messages: older });
	// @ts-expect-error there is no such field
	completions.create({ ...ask, max_token: 10 });
	// @ts-expect-error there is no such field
	messages.stream({ ...turn, max_token: 10 });
	// @ts-expect-error the model is missing
	completions.create({ messages: ask.messages });
}

/** A reply is sent back as it is. */
export async function sentBack() {
	const [choice] = (await completions.create({ model, messages: chat })).choices;
	if (choice) completions.create({ model, messages: [...chat, choice.message] });
	const { content } = await messages.create({ model, messages: turns, max_tokens });
	messages.create({ model, max_tokens, messages: [...turns, { role: "assistant", content }] });
}

export function block(block: ContentBlock): string {
	switch (block.type) {
		case "text":
			return block.text;
		case "thinking":
			return block.thinking + block.signature;
		case "tool_use":
			return block.id + block.name;
		default:
			return block.type;
	}
}

export function wireEvent(event: MessageEvent): string {
	if (event.type === "message_start") return event.message.id;
	if (event.type === "content_block_delta" && event.delta.type === "text_delta") return event.delta.text;
	// @ts-expect-error not every event has a message
	return event.message;
}

export function normalEvent(event: NormalEvent): string | number {
	if (event.type === "text") return event.text + event.choice;
	if (event.type === "usage") return event.input_tokens;
	// @ts-expect-error other events have no token counts
	return event.output_tokens;
}

export function toolEvent(event: ToolEvent): string | undefined {
	// @ts-expect-error a call that starts has no result
	if (event.type === "tool.start") return event.result;
	return event.result ?? event.error;
}

export function hooks() {
	const client = new Client({
		onRequest(request) {
			request.body.messages[0].content = "redacted";
			request.headers["x-audit"] = null;
			request.onEvent = undefined;
			// @ts-expect-error the method has chosen whether the reply is streamed
			request.stream = true;
		},
		onResponse: async ({ status, error, request }) => console.log(status.toFixed(), error?.requestID, request.model?.trim()),
		onEvent: (item) => ("choices" in item ? item.choices : item.type),
	});
	client.withOptions({ onRequest: async ({ body }) => ({ ...body, seed: 1 }), onEvent: undefined });
	client.withOptions({ onRequest: (request) => request });
	// @ts-expect-error a body is an object
	client.withOptions({ onRequest: () => "body" });
	// @ts-expect-error a hook is a function
	client.withOptions({ onResponse: "log" });
}

export async function catalogue() {
	const own = await loadCatalog();
	own.get("openai-gpt-oss-120b").preset();
	const further = await own.merge([{ id: "my-model" }]);
	further.get("openai-gpt-oss-120b").preset();
	// @ts-expect-error the catalogue may lack this model
	further.get("my-model").preset();
	const others = await loadCatalog([{ id: "my-model" }]);
	// @ts-expect-error a catalogue of one's own may lack the package's models
	others.get("openai-gpt-oss-120b").preset();
	new Client({ baseURL: "http://127.0.0.1:1", catalog: own });
}
