// The server's responses in the tests of costs, by scenario.
//
// Data, and functions that write it in each format; no assertions.

export const model = "openai-gpt-oss-120b";

const whole = (value, delay_ms = 0) => ({
	headers: { "content-type": "application/json" },
	body: [JSON.stringify(value)],
	delay_ms,
});
const tokens = (prompt, completion, more = {}) => ({
	prompt_tokens: prompt,
	completion_tokens: completion,
	total_tokens: prompt + completion,
	...more,
});

function chat(usage, more = {}, delay_ms = 0) {
	const choice = { index: 0, message: { role: "assistant", content: "Hello." }, finish_reason: "stop" };
	return whole({ id: "c", object: "chat.completion", created: 1, model, choices: [choice], usage, ...more }, delay_ms);
}

function message(usage) {
	const content = [{ type: "text", text: "Hello." }];
	return whole({ id: "m", type: "message", role: "assistant", model, content, stop_reason: "end_turn", usage });
}

/** `count` words of one token each; without an end the connection stays open. */
function stream(words, usage) {
	const frame = (more) => `data: ${JSON.stringify({ id: "c", object: "chat.completion.chunk", created: 1, model, ...more })}\n\n`;
	const word = frame({ choices: [{ index: 0, delta: { content: "word " }, finish_reason: null }] });
	const body = [{ text: word, repeat: words }];
	if (usage === undefined) return { body, end: "stall" };
	body.push(frame({ choices: [{ index: 0, delta: {}, finish_reason: "stop" }] }));
	if (usage) body.push(frame({ choices: [], usage }));
	return { body: [...body, "data: [DONE]\n\n"] };
}

/** A streamed message without its end. */
function cutMessage(usage) {
	const start = { id: "m", type: "message", role: "assistant", model, content: [], stop_reason: null, usage };
	const events = [
		{ type: "message_start", message: start },
		{ type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
		{ type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "Hel" } },
	];
	return { body: events.map((event) => `data: ${JSON.stringify(event)}\n\n`), end: "truncated" };
}

const listed = [
	{ id: model, object: "model", created: 7, owned_by: "x" },
	{ id: "new", object: "model", pricing: { input: 1, output: 2 } },
];

export const scenarios = {
	whole: [chat(tokens(1_000_000, 1_000_000, { completion_tokens_details: { reasoning_tokens: 400_000 } }))],
	provider: [chat(tokens(10, 10, { cost: 0.00014 }))],
	unreported: [chat(null)],
	other: [chat(tokens(10, 10), { model: "other" })],
	messages: [message({ input_tokens: 50, output_tokens: 10, cache_read_input_tokens: 30, cache_creation_input_tokens: 20 })],
	cut: [cutMessage({ input_tokens: 1_000_000, output_tokens: 1 })],
	streamed: [stream(3, tokens(1000, 1000)), stream(3, null)],
	endless: [stream(20_000)],
	open: [stream(10)],
	many: [chat(tokens(100, 1000), {}, 20)],
	slow: [chat(tokens(10, 10), {}, 30_000)],
	small: [chat(tokens(10, 10))],
	models: [whole({ object: "list", data: listed })],
};
