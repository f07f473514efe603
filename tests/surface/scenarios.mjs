// The server's responses in the tests of the package's API.
//
// Data only; no assertions.

const json = (value, more = {}) => ({
	headers: { "content-type": "application/json", "x-request-id": "req_1" },
	body: [JSON.stringify(value)],
	...more,
});
const chunk = (delta, reason = null) => ({
	id: "c",
	object: "chat.completion.chunk",
	created: 1,
	model: "m",
	choices: [{ index: 0, delta, finish_reason: reason }],
});
/** The padding of the chunk with a text. */
export const paddings = Array.from({ length: 12 }, (_, number) => "x".repeat((number * 5) % 7));
const padded = (content, number) => frame({ ...chunk({ content }), obfuscation: paddings[number] });
const frame = (value) => `data: ${JSON.stringify(value)}\n\n`;
const named = (value) => `event: ${value.type}\n${frame(value)}`;

/** The texts of the streams. */
export const texts = Array.from({ length: 12 }, (_, number) => `${number} `);
const spoken = texts.map((content) => ({ text: frame(chunk({ content })), delay_ms: 2 }));
const message = { id: "msg", type: "message", role: "assistant", model: "m", content: [], stop_reason: null, stop_sequence: null };
const model = (id) => ({ type: "model", id, display_name: id, created_at: "2026-01-01T00:00:00Z" });
const page = (ids, has_more) => json({ data: ids.map(model), has_more, first_id: ids[0], last_id: ids.at(-1) });

const completion = {
	id: "c",
	object: "chat.completion",
	created: 1,
	model: "m",
	choices: [{ index: 0, message: { role: "assistant", content: "Hello!" }, finish_reason: "stop" }],
};

export const scenarios = {
	unfinished: { body: [...spoken, "data: [DONE]\n\n"] },
	spoken: { headers: { "x-request-id": "req_2" }, body: [...spoken, frame(chunk({}, "stop")), "data: [DONE]\n\n"] },
	// Everything in one write.
	padded: { body: [texts.map(padded).join("") + frame(chunk({}, "stop")) + "data: [DONE]\n\n"] },
	// Starts, and leaves the connection open.
	begun: { body: spoken, end: "stall" },
	silent: { delay_ms: 60_000, body: [] },
	// As `begun` and `whole`, a little later.
	late: { delay_ms: 100, body: spoken, end: "stall" },
	lateWhole: json(completion, { delay_ms: 100 }),
	message: {
		body: [
			named({ type: "message_start", message: { ...message, usage: { input_tokens: 1, output_tokens: 1 } } }),
			named({ type: "content_block_start", index: 0, content_block: { type: "text", text: "" } }),
			...texts.map((text) => named({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text } })),
			named({ type: "content_block_stop", index: 0 }),
			named({ type: "message_delta", delta: { stop_reason: "end_turn", stop_sequence: null }, usage: { output_tokens: 12 } }),
			named({ type: "message_stop" }),
		],
	},
	whole: json(completion),
	limited: json(
		{ error: { message: "slow down", type: "requests", code: "rate_limit_exceeded", param: null } },
		{ status: 429, headers: { "content-type": "application/json", "x-request-id": "req_3", "retry-after": "7" } },
	),
	hurried: json(
		{ error: { message: "slow down", type: "requests", code: "rate_limit_exceeded", param: null } },
		{ status: 429, headers: { "content-type": "application/json", "retry-after-ms": "30" } },
	),
	models: [page(["a", "b"], true), page(["c"], false)],
};
