// The server's responses in the tests of structured output and tools, by scenario.
//
// Data, and functions that write it in each format; no assertions.

const whole = (value) => ({ headers: { "content-type": "application/json" }, body: [JSON.stringify(value)] });
const frames = (events, isNamed) =>
	events.map((event) => `${isNamed ? `event: ${event.type}\n` : ""}data: ${JSON.stringify(event)}\n\n`);

/** A whole chat completion; its usage is one token per character. */
function chatReply(content, reason = "stop", message = {}) {
	const tokens = content?.length ?? 0;
	const usage = { prompt_tokens: 1, completion_tokens: tokens, total_tokens: tokens + 1 };
	const choice = { index: 0, message: { role: "assistant", content, ...message }, finish_reason: reason };
	return whole({ id: "c", object: "chat.completion", created: 1, model: "m", choices: [choice], usage });
}

/** A streamed chat completion. Without a finish reason it has no end, and the connection stays open. */
function chatStream(deltas, reason = "stop") {
	const about = { id: "c", object: "chat.completion.chunk", created: 1, model: "m" };
	const said = deltas.map((delta) => (typeof delta === "string" ? { content: delta } : delta));
	const chunks = said.map((delta) => ({ ...about, choices: [{ index: 0, delta, finish_reason: null }] }));
	if (!reason) return { body: frames(chunks), end: "stall" };
	chunks.push({ ...about, choices: [{ index: 0, delta: {}, finish_reason: reason }] });
	chunks.push({ ...about, choices: [], usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 } });
	return { body: [...frames(chunks), "data: [DONE]\n\n"] };
}

/** The deltas of calls: `[id, name, arguments]` each. */
function callDeltas(calls) {
	return calls.flatMap(([id, name, text], index) => {
		const [head, ...rest] = pieces(text, 5);
		const first = { index, id, type: "function", function: { name, arguments: head } };
		return [first, ...rest.map((more) => ({ index, function: { arguments: more } }))].map((call) => ({ tool_calls: [call] }));
	});
}

/** A streamed turn that calls tools. */
const chatCalls = (...calls) => chatStream(callDeltas(calls), "tool_calls");

/** A whole message. */
function messageReply(text, reason = "end_turn") {
	const about = { id: "msg", type: "message", role: "assistant", model: "m", stop_sequence: null };
	const usage = { input_tokens: 1, output_tokens: text.length };
	return whole({ ...about, content: [{ type: "text", text }], stop_reason: reason, usage });
}

/** The start of a block and its deltas: of texts, of a call `{id, name, input}`, or of a thought `{thinking, signature?}`. */
function blockEvents(block) {
	const { id, name, input, thinking, signature } = block;
	if (Array.isArray(block)) return [{ type: "text", text: "" }, ...block.map((text) => ({ type: "text_delta", text }))];
	if (thinking !== undefined) {
		const signed = signature ? [{ type: "signature_delta", signature }] : [];
		return [{ type: "thinking", thinking: "", signature: "" }, { type: "thinking_delta", thinking }, ...signed];
	}
	const deltas = pieces(input, 5).map((partial_json) => ({ type: "input_json_delta", partial_json }));
	return [{ type: "tool_use", id, name, input: {} }, ...deltas];
}

/** A streamed message of such blocks. Without a stop reason it has no end. */
function messageStream(blocks, reason = "end_turn") {
	const message = { id: "msg", type: "message", role: "assistant", model: "m", content: [], stop_reason: null };
	const events = [{ type: "message_start", message: { ...message, usage: { input_tokens: 1, output_tokens: 1 } } }];
	blocks.forEach((block, index) => {
		const [content_block, ...deltas] = blockEvents(block);
		events.push({ type: "content_block_start", index, content_block });
		for (const delta of deltas) events.push({ type: "content_block_delta", index, delta });
		if (reason) events.push({ type: "content_block_stop", index });
	});
	if (!reason) return { body: frames(events, true), end: "stall" };
	events.push({ type: "message_delta", delta: { stop_reason: reason }, usage: { output_tokens: 2 } });
	return { body: frames([...events, { type: "message_stop" }], true) };
}

/** A text in pieces of `size` characters. */
function pieces(text, length) {
	return text.match(new RegExp(`[^]{1,${length}}`, "gu")) ?? [];
}

/** A value of every JSON type. */
export const everything = {
	title: 'Grüße, "Wörld" 🌍\n',
	items: [
		{ id: 1, tags: ["a", "b"], note: null },
		{ id: 2.5e-3, tags: [], nested: { deep: [[1], [2, [3]]] } },
		{ id: -7, tags: ["ü\u0000"], done: true },
	],
	last: false,
};
const deltas = pieces(JSON.stringify(everything), 4);
/** Two complete items, and the start of a third. */
const held = pieces('{"items":[{"name":"one","size":1},{"name":"two","size":null},{"na', 7);
const sized = '{"items":[{"name":"one","size":1},{"name":"two","size":null}]}';
const city = '{"name":"Paris","population":2100000}';
const wrong = '{"name":"Paris","population":"many"}';
const cityCall = { tool_calls: [{ id: "t", type: "function", function: { name: "answer", arguments: city } }] };
const sum = '{"a":1,"b":2}';
const product = '{"a":3,"b":4}';
/** Names and arguments as some servers write them. */
const otherShapes = [
	["c1", "functions.remove", JSON.stringify('{"path":"/a"}')],
	["c2", "<|channel|>commentary to=functions.remove", '{}{"path":"/a"}'],
	["c3", "remove", "null"],
	["c4", "remove", "[]"],
];
const uses = (...calls) => messageStream(calls.map(([id, name, input]) => ({ id, name, input })), "tool_use");

/** The responses by the scenario's name. */
export const scenarios = {
	"parse.chat": [chatReply(city)],
	"parse.messages": [messageReply(city)],
	"parse.fenced": [chatReply(`Here you are:\n\`\`\`json\n${city}\n\`\`\``)],
	"parse.tool": [chatReply(null, "tool_calls", cityCall)],
	"parse.wrapped": [chatReply('{"value":[1,2,3]}')],
	"parse.nulls": [chatReply('{"name":"Paris","population":null}')],
	"parse.pointers": [chatReply('{"a/b":"x","c~d":1}')],
	"parse.ignored": [chatReply("Paris is a large city.")],
	"parse.refused": [chatReply(null, "stop", { refusal: "no" })],
	"parse.length": [chatReply('{"name":"Par', "length")],
	"parse.length_messages": [messageReply('{"name":"Par', "max_tokens")],
	"reask.chat": [chatReply(wrong), chatReply("no idea"), chatReply(city)],
	"reask.messages": [messageReply(wrong), messageReply(city)],
	"reask.never": [chatReply(wrong)],
	"live.chat": [chatStream(deltas)],
	"live.messages": [messageStream([deltas])],
	"live.wrapped": [chatStream(pieces('{"value":[[1],[2,3]]}', 2))],
	"live.length": [chatStream(['{"title":"a', 'b","items":[{"id"'], "length")],
	"live.calls": [chatCalls(["c1", "one", JSON.stringify(everything)], ["c2", "two", sum])],
	"elements.chat": [chatStream(held, null)],
	"elements.messages": [messageStream([held], null)],
	"elements.whole": [chatStream(pieces(sized, 3))],
	"elements.cut": [chatStream(held, "length")],
	"elements.tool": [chatCalls(["t", "answer", sized])],
	"elements.tool_messages": [uses(["t", "answer", sized])],
	"early.chat": [chatStream(pieces('{"items":[{"name":"one","size":1},{"name":"two","size":"big"},{', 7), null)],
	"tools.chat": [chatCalls(["c1", "add", sum], ["c2", "multiply", product]), chatStream(["It is ", "3 and 12."])],
	"tools.messages": [uses(["c1", "add", sum], ["c2", "multiply", product]), messageStream([["3 and 12."]])],
	"tools.thought": [
		chatStream([{ reasoning: "Add?" }, ...callDeltas([["c1", "add", sum]])], "tool_calls"),
		chatStream([{ reasoning: "Done?" }, "It is 3."]),
	],
	"tools.thought_content": [
		chatStream([{ reasoning_content: "Add?" }, ...callDeltas([["c1", "add", sum]])], "tool_calls"),
		chatStream(["It is 3."]),
	],
	"tools.thought_message": [
		messageStream(
			[{ thinking: "Add?", signature: "sig==" }, { thinking: "Sure." }, { id: "c1", name: "add", input: sum }],
			"tool_use",
		),
		messageStream([["It is 3."]]),
	],
	"tools.one": [chatCalls(["c1", "add", sum]), chatStream(["sorry"])],
	"tools.one_message": [uses(["c1", "add", sum]), messageStream([["sorry"]])],
	"tools.wrong": [
		chatCalls(["c1", "divide", sum], ["c2", "add", '{"a":"x"}'], ["c3", "add", '{"a":1,']),
		chatStream(["sorry"]),
	],
	"tools.other_ways": [
		chatCalls(...otherShapes),
		chatStream(["done"]),
	],
	"tools.other_ways_message": [
		uses(...otherShapes),
		messageStream([["done"]]),
	],
	"tools.unreadable": [
		chatCalls(["c1", "remove", '{"path": /tmp}'], ["c2", "remove", "[1]"], ["c3", "remove", '{"path": "/tm']),
		chatStream(["sorry"]),
	],
	"tools.unreadable_message": [
		uses(["c1", "remove", '{"path": /tmp}'], ["c2", "remove", "[1]"], ["c3", "remove", '{"path": "/tm']),
		messageStream([["sorry"]]),
	],
	"tools.cut": [
		messageStream([{ id: "c1", name: "remove", input: '{"path":"/a"}' }, { id: "c2", name: "remove", input: "" }], "max_tokens"),
		messageStream([["sorry"]]),
	],
	"tools.cut_chat": [
		chatStream(
			[
				...callDeltas([["c1", "remove", '{"path":"/a"}']]),
				{ tool_calls: [{ index: 1, id: "c2", type: "function", function: { name: "remove", arguments: "" } }] },
			],
			"length",
		),
		chatStream(["sorry"]),
	],
	"tools.paused": [messageStream([["Let me"]], "pause_turn"), messageStream([["Found."]])],
	"live.choices": [
		{
			body: [
				...frames(
					[[1, "x"], [0, '{"a"'], [1, "y"], [0, ":1}"]].map(([index, content]) => ({
						id: "c",
						object: "chat.completion.chunk",
						created: 1,
						model: "m",
						choices: [{ index, delta: { content }, finish_reason: content === ":1}" || content === "y" ? "stop" : null }],
					})),
				),
				"data: [DONE]\n\n",
			],
		},
	],
	"tools.half": [chatCalls(["c1", "add", '{"a":"\\ud83e"}']), chatStream(["sorry"])],
	"tools.always": [chatCalls(["c1", "add", sum])],
	"example.structured": [
		chatStream(pieces('{"dish":"Bread","minutes":90,"ingredients":[{"name":"flour","grams":500}]}', 6)),
	],
	"example.tools": [
		chatCalls(["c1", "get_weather", '{"city":"Paris"}'], ["c2", "get_weather", '{"city":"Atlantis"}']),
		chatStream(["It is ", "18 degrees in Paris."]),
	],
};

/** What the examples print, by their scenario's name. */
export const printed = {
	"example.structured": "- flour, 500 g\nBread: 90 minutes, 1 ingredients\n",
	"example.tools": [
		'get_weather({"city":"Paris"}): {"degrees":18,"unit":"celsius"}',
		'get_weather({"city":"Atlantis"}): Error: nothing is known of Atlantis',
		"It is 18 degrees in Paris.\n",
	].join("\n"),
};
