// The server's responses to the playground, by scenario.
//
// Data, and functions that write it in each format; no assertions.

const model = "openai-gpt-oss-120b";
const frame = (value) => `data: ${JSON.stringify(value)}\n\n`;
const chunk = (more) => frame({ id: "c1", object: "chat.completion.chunk", created: 1, model, ...more });
const delta = (delta, finish_reason = null) => chunk({ choices: [{ index: 0, delta, finish_reason }] });
const usage = (prompt_tokens, completion_tokens) => ({
	prompt_tokens,
	completion_tokens,
	total_tokens: prompt_tokens + completion_tokens,
});

/** A text in pieces of a few characters, with a delay before each. */
const pieces = (text, size) => text.match(new RegExp(`[^]{1,${size}}`, "g")) ?? [];
const paced = (frames, delay_ms) => frames.map((text) => ({ text, delay_ms }));
const end = (reason, input, output) => [
	delta({}, reason),
	chunk({ choices: [], usage: usage(input, output) }),
	"data: [DONE]\n\n",
];

/** A streamed chat completion. */
function chat(text, { size = 6, delay = 0, thought = "", input = 42, output = 128, reason = "stop" } = {}) {
	const thinking = pieces(thought, 12).map((reasoning) => delta({ reasoning }));
	const said = pieces(text, size).map((content) => delta({ content }));
	return { body: [delta({ role: "assistant" }), ...paced(thinking, delay), ...paced(said, delay), ...end(reason, input, output)] };
}

/** A chat completion that calls tools: `[name, arguments]` each. */
function calls(list, { size = 5, delay = 0 } = {}) {
	const frames = list.flatMap(([name, args], index) => [
		delta({ tool_calls: [{ index, id: `call_${name}_${index}`, type: "function", function: { name, arguments: "" } }] }),
		...pieces(args, size).map((part) => delta({ tool_calls: [{ index, function: { arguments: part } }] })),
	]);
	return { body: [...paced(frames, delay), ...end("tool_calls", 61, 24)] };
}

/** A streamed message: blocks of `text`, `thinking`, or `tool_use` with `name` and `input` as text. */
function message(blocks, { stop = "end_turn", input = 42, output = 64 } = {}) {
	const begin = { id: "m", type: "message", role: "assistant", model, content: [], stop_reason: null };
	const events = [{ type: "message_start", message: { ...begin, usage: { input_tokens: input, output_tokens: 1 } } }];
	const kinds = {
		text: [{ type: "text", text: "" }, (text) => ({ type: "text_delta", text })],
		thinking: [{ type: "thinking", thinking: "", signature: "" }, (thinking) => ({ type: "thinking_delta", thinking })],
	};
	for (const [index, { type, text, name }] of blocks.entries()) {
		const [content_block, write] = kinds[type] ?? [
			{ type: "tool_use", id: `toolu_${index}`, name, input: {} },
			(partial_json) => ({ type: "input_json_delta", partial_json }),
		];
		events.push({ type: "content_block_start", index, content_block });
		for (const part of pieces(text, 7)) events.push({ type: "content_block_delta", index, delta: write(part) });
		events.push({ type: "content_block_stop", index });
	}
	events.push({ type: "message_delta", delta: { stop_reason: stop }, usage: { output_tokens: output } });
	events.push({ type: "message_stop" });
	return { body: events.map((event) => `event: ${event.type}\n${frame(event)}`) };
}

function refusal(status, error, headers = {}) {
	const type = { "content-type": "application/json", "x-request-id": "req_42" };
	return { status, headers: { ...type, ...headers }, body: [JSON.stringify({ error })] };
}

export const markdown = `## Qubits, in short

A classical bit is **0 or 1**. A *qubit* can be in a mixture of both, written \`α|0⟩ + β|1⟩\`, until it is measured. See
[the article](https://example.test/qubits) or <https://example.test/auto>.

1. Superposition: one qubit, two amplitudes
2. Entanglement: many qubits, one state
   - measured together, they agree
   - [x] even far apart
3. Interference

> Nature isn't classical, and if you want to make a simulation of nature, you'd better make it quantum mechanical.

\`\`\`python
def sort(values: list[int]) -> list[int]:
    """Returns a sorted copy, and this comment is long enough that it has to be scrolled to be read to its very end, here."""
    return sorted(values)
\`\`\`

| Gate | Does | Qubits | Reversible | Cost on today's hardware |
|:-----|:-----|------:|:---:|:---|
| X | flips \`0\` and \`1\` | 1 | yes | cheap |
| CNOT | flips one if the other is 1 | 2 | yes | ten times that |

---

That is all: ~~magic~~ linear algebra.
`;

const recipe = JSON.stringify({
	title: "Quantum computing",
	summary: "Computers whose bits can be in superposition.",
	points: [
		{ name: "Superposition", detail: "A qubit holds two amplitudes at once." },
		{ name: "Entanglement", detail: "Qubits share one state.", sure: true, year: 1935, source: null },
	],
});

const deepJson = `${'{"a":['.repeat(400)}1${"]}".repeat(400)}`;

/** Harmful texts that a model could write. */
export const hostile = `<script>window.harmed = "script"</script>

<img src=x onerror="window.harmed = 'onerror'">

<svg onload="window.harmed = 'svg'"><a xlink:href="javascript:window.harmed='xlink'">x</a></svg>

<iframe src="javascript:parent.harmed='iframe'"></iframe>

[click](javascript:window.harmed='link') [tab](java\tscript:window.harmed='tab') [entity](javascript&#58;window.harmed='entity')
[data](data:text/html,<script>opener.harmed='data'</script>) [vb](vbscript:x) [file](file:///etc/passwd) [blob](blob:x)
[relative](/steal) [hash](#x) [quote](https://example.test/"onmouseover="window.harmed='quote')

![tracker](https://tracker.test/pixel.png) ![inline](data:image/svg+xml,<svg onload=alert(1)>) ![js](javascript:window.harmed='image')

<a href="https://phish.test" onclick="window.harmed='onclick'">raw</a> <style>body { display: none }</style>

[ref]: javascript:window.harmed='ref'

[ref] and [fine](https://example.test/fine?a=1&b=2) and <javascript:window.harmed='auto'>

\`\`\`<img src=x onerror="window.harmed='fence'">
</code></pre><script>window.harmed = "code"</script>
\`\`\`

| <b onmouseover="window.harmed='table'">cell</b> |
|---|
| <script>window.harmed='cell'</script> |
`;

export const scenarios = {
	markdown: chat(markdown, { thought: "The user wants it simple. Begin with bits, then *superposition*.", output: 412 }),
	thinking: {
		body: [...paced(pieces("Let me think about this for a while. ".repeat(400), 12).map((reasoning) => delta({ reasoning })), 10)],
		end: "stall",
	},
	// Does not end: a test stops it.
	slow: { body: [{ text: delta({ content: "word **bold** " }), delay_ms: 10, repeat: 30000 }], end: "stall" },
	silent: { body: [], delay_ms: 3600000 },
	short: chat("Hello from the model.", { output: 5 }),
	cut: chat("This answer goes on and", { reason: "length" }),
	nothing: chat(""),
	unpriced: { body: chat("Hello.").body.map((piece) => JSON.parse(JSON.stringify(piece).replaceAll(model, "other"))) },
	turns: [chat("The first answer."), chat("The second answer.")],
	tools: [
		calls([
			["calculator", '{"expression":"(12 + 30) * 2 ^ 3"}'],
			["get_time", '{"time_zone":"Europe/Vienna"}'],
		]),
		chat("It is **336**."),
	],
	toolsThenMessages: [
		calls([
			["calculator", '{"expression":"6 * 7"}'],
			["get_time", "{}"],
		]),
		chat("It is 42."),
		message([{ type: "text", text: "Hello in **Anthropic's** format." }]),
	],
	writing: { body: calls([["calculator", '{"expression":"1 + 2 + 3 + 4 + 5 + 6 + 7 + 8 + 9"}']], { delay: 20 }).body.slice(0, 6), end: "stall" },
	wrongTool: [calls([["calculator", '{"expression":"2 +* 3"}']]), chat("I can't compute that.")],
	circles: calls([["roll_dice", '{"count":2,"sides":6}']]),
	json: chat(recipe, { size: 4 }),
	jsonSlow: { body: [{ text: delta({ content: '{"items":[' }) }, { text: delta({ content: '{"number":{i}},' }), delay_ms: 10, repeat: 30000 }], end: "stall" },
	jsonDeep: chat(deepJson, { size: 64 }),
	jsonLong: { body: [delta({ content: '{"items":[' }), { text: delta({ content: '{"n":{i},"text":"abcdefghij"},' }), repeat: 20000 }, delta({ content: "0]}" }), ...end("stop", 1, 20000)] },
	jsonNot: chat("I'd rather not answer in JSON."),
	jsonHostile: chat('{"<img src=x onerror=\\"window.harmed=1\\">":"<script>window.harmed=2</script>","__proto__":{"polluted":true},"constructor":1}'),
	messages: message([
		{ type: "thinking", text: "A greeting will do." },
		{ type: "text", text: "Hello in **Anthropic's** format." },
	]),
	messagesTools: [
		message([{ type: "tool_use", name: "calculator", text: '{"expression":"6 * 7"}' }], { stop: "tool_use" }),
		message([{ type: "text", text: "It is 42." }]),
	],
	messagesJson: message([{ type: "text", text: recipe }]),
	hostile: chat(hostile, { size: 9 }),
	// One line of a megabyte without spaces.
	line: { body: [{ text: delta({ content: "abcdefghijklmnopqrstuvwxyz012345" }), repeat: 32768 }, ...end("stop", 1, 32768)] },
	deep: chat(`${"> ".repeat(3000)}deep\n\n${"- ".repeat(500)}list\n\n${"[".repeat(5000)}x${"](y)".repeat(5000)}\n\n${"*a **b ".repeat(3000)}\n\nThe end.`, { size: 512 }),
	long: { body: [{ text: delta({ content: "A paragraph {i} of some **words** and `code`.\n\n" }), repeat: 4000 }, ...end("stop", 1, 40000)] },
	flood: { body: [{ text: delta({ content: "A paragraph {i} of some **words** and `code`.\n\n" }), repeat: 4000 }], end: "stall" },
	code: { body: [delta({ content: "```js\n" }), { text: delta({ content: "const value{i} = compute({i}); // a line\n" }), repeat: 4000 }, delta({ content: "```\n\nThe end." }), ...end("stop", 1, 40000)] },
	key: refusal(401, { message: "Incorrect API key provided.", type: "invalid_request_error", code: "invalid_api_key" }),
	limit: refusal(429, { message: "Rate limit reached.", type: "rate_limit_error" }, { "retry-after": "17" }),
	broken: refusal(500, { message: "Something broke.", type: "server_error" }),
	again: [refusal(503, { message: "Loading model", type: "unavailable" }), chat("Now it works.")],
	lost: { body: [delta({ content: "This answer breaks o" })], end: "truncated" },
	html: { status: 502, headers: { "content-type": "text/html" }, body: ["<html><script>window.harmed=1</script><h1>Bad gateway</h1></html>"] },
	models: {
		headers: { "content-type": "application/json" },
		body: [JSON.stringify({ object: "list", data: [{ id: "local-one", object: "model", created: 1, owned_by: "x" }, { id: model, object: "model", created: 1, owned_by: "x" }] })],
	},
};
