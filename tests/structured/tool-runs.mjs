// The tests of runs of tools.
//
// Uses the installed package, as described in `cases.mjs`.

import { all, ask, equal, fails, message, ok } from "./checks.mjs";

/** The cases by name. */
export const toolRuns = {
	async "tools, chat"({ client, bodies, trilogue }) {
		const runner = client("tools.chat").chat.completions.runTools({ ...ask, tools: arithmetic(trilogue, true), tool_choice: "required" });
		equal(await toolEvents(runner), eventsOfBoth, "events");
		equal((await runner.final()).choices[0].message.content, "It is 3 and 12.");
		equal([runner.usage.length, runner.usage[0].total_tokens], [2, 3], "usage");
		equal(runner.messages.map(({ role }) => role), ["user", "assistant", "tool", "tool", "assistant"], "roles");
		const [first, second] = await bodies("tools.chat");
		equal(first.tools.map((tool) => tool.function.name), ["add", "multiply"], "tools");
		equal(second.messages.slice(2), [
			{ role: "tool", tool_call_id: "c1", content: "3" },
			{ role: "tool", tool_call_id: "c2", content: '{"product":12}' },
		]);
		equal([first.tool_choice, second.tool_choice], ["required", "auto"], "tool choice");
	},

	async "tools, messages"({ client, bodies, trilogue }) {
		const runner = client("tools.messages").messages.runTools({ ...message, tools: arithmetic(trilogue, true) });
		equal(await toolEvents(runner), eventsOfBoth, "events");
		equal((await runner.finalMessage()).content[0].text, "3 and 12.");
		const [, second] = await bodies("tools.messages");
		equal(second.messages[2].content, [
			{ type: "tool_result", tool_use_id: "c1", content: "3" },
			{ type: "tool_result", tool_use_id: "c2", content: '{"product":12}' },
		]);
	},

	async "reasoning is sent back"({ client, bodies, trilogue }) {
		const tools = arithmetic(trilogue);
		const runner = client("tools.thought").chat.completions.runTools({ ...ask, tools });
		await runner.final();
		const call = { id: "c1", type: "function", function: { name: "add", arguments: '{"a":1,"b":2}' } };
		const turn = { role: "assistant", content: null, tool_calls: [call], reasoning: "Add?" };
		equal((await bodies("tools.thought"))[1].messages[1], turn, "turn");
		equal(runner.messages.at(-1), { role: "assistant", content: "It is 3." }, "last turn");

		await client("tools.thought_message").messages.runTools({ ...message, tools }).final();
		equal((await bodies("tools.thought_message"))[1].messages[1].content, [
			{ type: "thinking", thinking: "Add?", signature: "sig==" },
			{ type: "thinking", thinking: "Sure.", signature: "" },
			{ type: "tool_use", id: "c1", name: "add", input: { a: 1, b: 2 } },
		]);
	},

	async "reasoning is sent back under another name"({ client, bodies, trilogue }) {
		const chat = client("tools.thought").chat.completions;
		await chat.runTools({ ...ask, tools: arithmetic(trilogue) }, { reasoningField: "reasoning_content" }).final();
		const [, turn] = (await bodies("tools.thought"))[1].messages;
		equal([turn.reasoning_content, turn.reasoning], ["Add?", undefined]);
	},

	async "reasoning is sent back under the server's name"({ client, bodies, trilogue }) {
		await client("tools.thought_content").chat.completions.runTools({ ...ask, tools: arithmetic(trilogue) }).final();
		const [, turn] = (await bodies("tools.thought_content"))[1].messages;
		equal([turn.reasoning_content, turn.reasoning, turn.reasoning_field], ["Add?", undefined, undefined]);
	},

	async "calls with unreadable arguments are not run"({ client, bodies, trilogue }) {
		const ran = [];
		const tools = [remove(trilogue, ran)];
		await client("tools.unreadable").chat.completions.runTools({ ...ask, tools }, { onToolError: "raise" }).final();
		const [turn, ...replies] = (await bodies("tools.unreadable"))[1].messages.slice(1);
		equal(turn.tool_calls.map((call) => call.function.arguments), ["{}", "{}", "{}"], "arguments");
		const other = client("tools.unreadable_message").messages;
		await other.runTools({ ...message, tools }, { onToolError: "raise" }).final();
		const [{ content: blocks }, { content: results }] = (await bodies("tools.unreadable_message"))[1].messages.slice(1);
		equal(blocks, ["c1", "c2", "c3"].map((id) => ({ type: "tool_use", id, name: "remove", input: {} })), "blocks");
		ok(results.every((result) => result.is_error === true), "no errors");
		for (const [place, written] of ['{"path": /tmp}', "[1]", '{"path": "/tm'].entries()) {
			for (const { content } of [replies[place], results[place]]) {
				ok(content.includes("not a JSON object") && content.includes(`you wrote: ${written}`), content);
			}
		}
		equal(ran, [], "calls");
	},

	async "calls in other notations are run"({ client, bodies, trilogue }) {
		const ran = [];
		const tools = [remove(trilogue, ran)];
		const normal = [{ path: "/a" }, { path: "/a" }, {}, {}].map((input) => ["remove", input]);
		await client("tools.other_ways").chat.completions.runTools({ ...ask, tools }).final();
		const [turn] = (await bodies("tools.other_ways"))[1].messages.slice(1);
		equal(turn.tool_calls.map((call) => [call.function.name, JSON.parse(call.function.arguments)]), normal, "calls");
		await client("tools.other_ways_message").messages.runTools({ ...message, tools }).final();
		const [{ content }] = (await bodies("tools.other_ways_message"))[1].messages.slice(1);
		equal(content.map((block) => [block.name, block.input]), normal, "blocks");
		equal(ran, ["/a", "/a", "/", "/", "/a", "/a", "/", "/"], "runs");
	},

	async "the last call of a truncated reply is run if it is complete"({ client, bodies, trilogue }) {
		const ran = [];
		const tools = [remove(trilogue, ran)];
		await client("tools.cut").messages.runTools({ ...message, tools }).final();
		await client("tools.cut_chat").chat.completions.runTools({ ...ask, tools }).final();
		equal(ran, ["/a", "/a"], "calls");
		const [, , { content }] = (await bodies("tools.cut"))[1].messages;
		equal([content[0].content, content[1].is_error], ["gone", true], "results");
		ok((await bodies("tools.cut_chat"))[1].messages[3].content.includes("length limit"), "no reason");
	},

	async "a turn that the provider pauses continues"({ client, bodies, trilogue }) {
		const runner = client("tools.paused").messages.runTools({ ...message, tools: arithmetic(trilogue) });
		equal((await runner.finalMessage()).content[0].text, "Found.");
		const paused = { role: "assistant", content: [{ type: "text", text: "Let me" }] };
		equal((await bodies("tools.paused"))[1].messages.at(-1), paused);
	},

	async "a tool that throws"({ client, bodies, trilogue }) {
		const broken = trilogue.tool({
			name: "add",
			parameters: { type: "object" },
			run: () => {
				throw new RangeError("too many");
			},
		});
		const chat = client("tools.one").chat.completions;
		equal((await chat.runTools({ ...ask, tools: [broken] }).final()).choices[0].message.content, "sorry");
		equal((await bodies("tools.one"))[1].messages[2].content, "RangeError: too many", "result");
		const other = client("tools.one_message").messages;
		await other.runTools({ ...message, tools: [broken] }).final();
		const [result] = (await bodies("tools.one_message"))[1].messages[2].content;
		equal([result.content, result.is_error], ["RangeError: too many", true], "result");
		const raising = client("tools.always").chat.completions.runTools({ ...ask, tools: [broken] }, { onToolError: "raise" });
		const error = await fails(raising.final(), "ToolRunError", "too many");
		ok(error.cause instanceof RangeError, "no cause");
		equal(error.partial.choices[0].finish_reason, "tool_calls", "partial");
	},

	async "a tool that takes too long"({ client, bodies, trilogue }) {
		let reason;
		const slow = trilogue.tool({
			name: "add",
			parameters: { type: "object" },
			run: (_, { signal }) => new Promise(() => signal.addEventListener("abort", () => (reason = signal.reason.name))),
		});
		const chat = client("tools.one").chat.completions;
		await chat.runTools({ ...ask, tools: [slow] }, { toolTimeout: 30, onToolError: "raise" }).final();
		// The same text in every language.
		equal((await bodies("tools.one"))[1].messages[2].content, "add took longer than 0.03 seconds");
		equal(reason, "TimeoutError");
	},

	async "invalid calls are reported to the model"({ client, bodies, trilogue }) {
		await client("tools.wrong").chat.completions.runTools({ ...ask, tools: arithmetic(trilogue) }, { onToolError: "raise" }).final();
		const [unknown, unfit, broken] = (await bodies("tools.wrong"))[1].messages.slice(2).map(({ content }) => content);
		ok(unknown.includes('no tool "divide"') && unknown.includes("add, multiply"), unknown);
		ok(unfit.includes("/a:") && unfit.includes('"b"'), unfit);
		ok(broken.includes("not a JSON object"), broken);
	},

	async "half of a character becomes the replacement character"({ client, bodies, trilogue }) {
		const add = trilogue.tool({ name: "add", parameters: { type: "object" }, run: ({ a }) => `${a} \udd80` });
		await client("tools.half").chat.completions.runTools({ ...ask, tools: [add] }).final();
		equal((await bodies("tools.half"))[1].messages[2].content, "\ufffd \ufffd");
	},

	async "a run that doesn't end"({ client, bodies, trilogue }) {
		const runner = client("tools.always").chat.completions.runTools({ ...ask, tools: arithmetic(trilogue) }, { maxSteps: 3 });
		await fails(runner.final(), "ToolRunError", "3 steps");
		equal((await bodies("tools.always")).length, 3, "requests");
	},

	async "a cancelled run"({ client, trilogue }) {
		let isAborted = false;
		const controller = new AbortController();
		const slow = trilogue.tool({
			name: "add",
			parameters: { type: "object" },
			run: (_, { signal }) => {
				signal.addEventListener("abort", () => {
					isAborted = true;
				});
				setTimeout(() => controller.abort(), 10);
				return new Promise(() => undefined);
			},
		});
		const chat = client("tools.always").chat.completions;
		await fails(chat.runTools({ ...ask, tools: [slow] }, { signal: controller.signal }).final(), "APIUserAbortError");
		ok(isAborted, "the function's signal was not aborted");
		for await (const event of chat.runTools({ ...ask, tools: arithmetic(trilogue) })) if (event.type === "tool.start") break;
	},
};

const calls = [
	{ id: "c1", name: "add", arguments: { a: 1, b: 2 } },
	{ id: "c2", name: "multiply", arguments: { a: 3, b: 4 } },
];
// The second call ends first: both run concurrently.
const eventsOfBoth = [
	...calls.map((call) => ({ type: "tool.start", ...call })),
	{ type: "tool.done", ...calls[1], result: '{"product":12}' },
	{ type: "tool.done", ...calls[0], result: "3" },
];

/** A tool that records the paths that it would remove. */
function remove({ tool }, ran) {
	const parameters = { type: "object", properties: { path: { type: "string", default: "/" } } };
	return tool({
		name: "remove",
		parameters,
		run: ({ path = "/" }) => {
			ran.push(path);
			return "gone";
		},
	});
}

/** `isParallel`: the first call ends after the second, so that sequential calls would never end. */
function arithmetic({ tool }, isParallel = false) {
	const parameters = {
		type: "object",
		properties: { a: { type: "number" }, b: { type: "number" } },
		required: ["a", "b"],
	};
	let multiplied;
	const waiting = new Promise((resolve) => {
		multiplied = resolve;
	});
	return [
		tool({
			name: "add",
			description: "Adds.",
			parameters,
			run: async ({ a, b }) => {
				if (isParallel) await waiting;
				return a + b;
			},
		}),
		tool({
			name: "multiply",
			description: "Multiplies.",
			parameters,
			run: ({ a, b }) => {
				setTimeout(multiplied, 20);
				return { product: a * b };
			},
		}),
	];
}

async function toolEvents(runner) {
	const events = await all(runner);
	ok(events.some(({ type }) => type === "content.delta" || type === "text"), "no events of the answer");
	return events.filter(({ type }) => type.startsWith("tool."));
}
