// The tests of conversations in JavaScript: the same file runs in Node and in a page.
//
// Uses the installed package, which is passed as a value, over a real socket, and nothing else but `fetch`.

import { all, equal, fails, ok } from "../structured/checks.mjs";

const model = "openai-gpt-oss-120b";
const question = { role: "user", content: "Weather in Oslo?" };
const call = { id: "call_1", type: "function", function: { name: "weather", arguments: '{"city": "Oslo"}' } };

/** The value with sorted members. */
function sorted(value) {
	if (Array.isArray(value)) return value.map(sorted);
	if (value === null || typeof value !== "object") return value;
	return Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)).map(([name, of]) => [name, sorted(of)]));
}

const same = (found, wanted, what) => equal(sorted(found), sorted(wanted), what);

/** Whether `found` contains `wanted`: an object may have further members, a list may not have further items. */
function has(found, wanted) {
	if (Array.isArray(wanted)) return found?.length === wanted.length && wanted.every((item, place) => has(found[place], item));
	if (wanted === null || typeof wanted !== "object") return (found ?? null) === wanted;
	return Object.entries(wanted).every(([name, value]) => has(found?.[name], value));
}

/** Runs a step of a case through the public API. Returns the result in the form of the cases. */
function step(conversation, Conversation, run, given) {
	const steps = {
		say: () => void conversation.say(given.content),
		request: () => conversation.request(given),
		messages: () => {
			if (given.format === undefined) return { messages: conversation.messages };
			const other = Conversation.fromJSON(conversation.toJSON());
			other.format = given.format;
			return { messages: other.messages };
		},
		take: () => ({ calls: conversation.take(given.reply) }),
		partial: () => ({ kept: conversation.takePartial(given.reply, given.why) }),
		results: () => ({ calls: conversation.results(given.results) }),
		undo: () => ({ content: conversation.undo() }),
		edit: () => void conversation.edit(given.at, given.content),
		retry: () => void conversation.retry(),
		resume: () => void conversation.resume(),
		set: () => {
			for (const [name, value] of Object.entries(given.settings)) {
				const own = name.replace(/_(.)/g, (_, one) => one.toUpperCase());
				if (!(own in conversation)) throw Object.assign(new Error(`unknown option "${name}"`), { name: "InvalidRequestError" });
				conversation[own] = value;
			}
		},
		turns: () => ({ turns: conversation.turns }),
		next: () => ({ next: conversation.next, calls: conversation.calls }),
		totals: () => ({ usage: conversation.usage, cost: conversation.cost }),
	};
	return steps[run]();
}

function runCase({ about, make, steps }, Conversation) {
	const conversation = make.messages
		? Conversation.fromJSON({ ...make.settings, messages: make.messages })
		: new Conversation(make.settings);
	for (const [number, wanted] of steps.entries()) {
		const place = `${about}, step ${number}: ${wanted.do}`;
		const before = JSON.stringify(conversation);
		let found;
		let error;
		try {
			found = step(conversation, Conversation, wanted.do, wanted.with);
		} catch (why) {
			error = why;
		}
		if (wanted.error !== undefined) {
			equal(error?.name, "InvalidRequestError", `${place}: error (${error})`);
			ok(error.message.includes(wanted.error), `${place}: ${error.message}`);
			equal(JSON.stringify(conversation), before, `${place}: what it was`);
			continue;
		}
		if (error) throw new Error(`${place}: ${error.stack}`);
		if (wanted.is !== undefined) same(found, wanted.is, place);
		if (wanted.has !== undefined) ok(has(found, wanted.has), `${place}: ${JSON.stringify(found)}`);
	}
}

const tests = {
	async "tools and reasoning over both formats"({ trilogue, talk, weather, log }) {
		const { client, conversation } = talk("tools", { parameters: { temperature: 0.5 } });
		const kinds = (await all(conversation.stream(client, "Weather in Oslo?"))).map(({ type }) => type);
		for (const kind of ["reasoning", "tool_call_done", "tool.start", "tool.done", "text"]) ok(kinds.includes(kind), kind);
		equal(weather.cities, ["Oslo"]);
		conversation.format = "messages";
		const reply = await conversation.stream(client, "Thanks", { parameters: { max_tokens: 50 } }).final();
		equal(reply.content[0].text, "You are welcome.");
		const [first, second, third] = (await log("tools")).map(({ body }) => body);
		const system = { role: "system", content: "Be brief." };
		equal(first.messages, [system, question]);
		equal([first.temperature, first.stream_options.include_usage, "stream_options" in third], [0.5, true, false]);
		same(second.messages, [
			system,
			question,
			{ role: "assistant", content: null, tool_calls: [call], reasoning: "I need the tool." },
			{ role: "tool", tool_call_id: "call_1", content: "Rain" },
		]);
		equal([third.system, third.max_tokens], ["Be brief.", 50]);
		same(third.messages, [
			question,
			{ role: "assistant", content: [{ type: "tool_use", id: "call_1", name: "weather", input: { city: "Oslo" } }] },
			{ role: "user", content: [{ type: "tool_result", tool_use_id: "call_1", content: "Rain" }] },
			{ role: "assistant", content: "It rains. " },
			{ role: "user", content: "Thanks" },
		]);
		equal([conversation.usage.answers, conversation.usage.input_tokens], [3, 3000]);
		equal(conversation.cost.total, "0.000174");
		ok(trilogue.APIError, "the errors are the package's");
		return JSON.stringify(conversation);
	},

	async "signed reasoning is sent back"({ talk, log }) {
		const { client, conversation } = talk("signed", { format: "messages" });
		await conversation.stream(client, "Weather in Oslo?").final();
		await conversation.stream(client, "Thanks").final();
		for (const { body } of (await log("signed")).slice(1)) {
			const [thought, text, use] = body.messages[1].content;
			same(thought, { type: "thinking", thinking: "Hm.", signature: "sig==" });
			equal([text.type, use.type], ["text", "tool_use"]);
		}
	},

	async "hooks see each request of a run, and the conversation keeps its own text"({ talk, log }) {
		const { client, conversation } = talk("signed", { format: "messages" });
		const items = [];
		const onRequest = ({ body }) => {
			body.messages[0].content = "redacted";
		};
		const hooked = client.withOptions({ onRequest, onEvent: (item) => items.push(item) });
		const events = await all(conversation.stream(hooked, "Weather in Oslo?"));
		const replies = events.filter(({ type }) => !type.startsWith("tool."));
		ok(replies.length > 0 && replies.length === items.length, `a hook got ${items.length} events of ${replies.length}`);
		ok(replies.every((event, place) => event === items[place]), "a hook got other events");
		equal((await log("signed")).map(({ body }) => body.messages[0].content), ["redacted", "redacted"]);
		equal(conversation.turns[0].text, "Weather in Oslo?");
	},

	async "the part of a stopped stream stays"({ trilogue, talk, log }) {
		const { client, conversation } = talk("stopped");
		const run = conversation.stream(client, "Count");
		const seen = [];
		for await (const event of run) {
			seen.push(event.type);
			if (event.type === "text" && event.text.includes("two")) {
				await fails((async () => conversation.say("Hey"))(), "InvalidRequestError", "on its way");
				// As from a button: the loop is waiting for the next event.
				setTimeout(() => void run.stop(), 0);
			}
		}
		await fails(run.final(), "APIUserAbortError");
		equal([conversation.isBusy, conversation.turns[1].text, conversation.turns[1].partial], [false, "One two ", "stopped"]);
		await conversation.resume().send(client);
		equal(conversation.turns[1].text, "One two three");
		await conversation.retry().send(client);
		equal(conversation.turns.map(({ text }) => text), ["Count", "Anew"]);
		const [, resumed, anew] = (await log("stopped")).map(({ body }) => body.messages.map(({ role }) => role));
		equal(resumed, ["system", "user", "assistant", "user"]);
		equal(anew, ["system", "user"]);
		ok(trilogue.Client, "loaded");
	},

	async "the part that arrived stays after the loop is left"({ talk }) {
		const { client, conversation } = talk("stopped");
		for await (const event of conversation.stream(client, "Count")) {
			if (event.type === "text" && event.text.includes("two")) break;
		}
		equal([conversation.isBusy, conversation.turns[1].partial], [false, "stopped"]);
	},

	async "a signal ends a run"({ talk }) {
		const { client, conversation } = talk("stopped");
		const controller = new AbortController();
		const run = conversation.stream(client, "Count", { signal: controller.signal });
		const read = async () => {
			for await (const event of run) if (event.type === "text" && event.text.includes("two")) controller.abort();
		};
		await fails(read(), "APIUserAbortError");
		equal([conversation.isBusy, conversation.turns[1].partial], [false, "stopped"]);
	},

	async "the part of a truncated stream stays"({ trilogue, talk, log }) {
		const { client, conversation } = talk("truncated");
		const error = await fails(conversation.stream(client, "Count").final(), "IncompleteStreamError");
		ok(error instanceof trilogue.APIError, "it is the package's own error");
		equal([conversation.turns[1].text, conversation.turns[1].partial], ["One two ", "IncompleteStreamError"]);
		await conversation.send(client, "Go on");
		equal((await log("truncated"))[1].body.messages[2].content, "One two \n\n[This answer was cut off here.]");
	},

	async "the message stays after a failed call"({ talk, log }) {
		const { client, conversation } = talk("rejected");
		await fails(conversation.send(client, "One?"), "BadRequestError");
		equal([conversation.next, conversation.turns.length, conversation.isBusy], ["model", 1, false]);
		await conversation.send(client, "Two?");
		equal(conversation.turns.map(({ text }) => text), ["Two?", "Fine"]);
		equal((await log("rejected"))[1].body.messages.length, 2);
	},

	async "tools run once although the next step fails"({ talk, weather, log }) {
		const { client, conversation } = talk("fails");
		await fails(conversation.send(client, "Weather in Oslo?"), "BadRequestError");
		equal([conversation.next, ...conversation.turns.map(({ role }) => role)], ["model", "user", "assistant", "tool"]);
		equal((await conversation.send(client)).choices[0].message.content, "It rains.");
		equal(weather.cities, ["Oslo"]);
		equal((await log("fails"))[2].body.messages.map(({ role }) => role), ["system", "user", "assistant", "tool"]);
		equal(conversation.undo(), "Weather in Oslo?");
		equal(conversation.turns, []);
	},

	async "a function in the form of openai's runTools runs"({ talk, weather }) {
		const { client, conversation } = talk("tools");
		const run = ({ city }) => {
			weather.cities.push(city);
			return "Rain";
		};
		const parameters = { type: "object", properties: { city: { type: "string" } } };
		conversation.tools = [{ type: "function", function: { name: "weather", parameters, parse: JSON.parse, function: run } }];
		await conversation.stream(client, "Weather in Oslo?").final();
		equal(weather.cities, ["Oslo"]);
	},

	async "a run that is stopped during tools continues later"({ Conversation, talk, weather }) {
		const { client, conversation } = talk("non_streaming");
		await conversation.ready();
		conversation.say("Weather in Oslo?");
		conversation.take(await client.chat.completions.create(conversation.request()));
		const saved = JSON.stringify(conversation);
		const later = Conversation.fromJSON(saved, { tools: [weather.tool] });
		equal([later.next, later.calls[0].arguments], ["results", { city: "Oslo" }]);
		await later.send(client);
		equal([later.turns.at(-1).text, weather.cities], ["It rains.", ["Oslo"]]);
		equal(Conversation.fromJSON(saved).undo(), "Weather in Oslo?");
	},

	async "tools of the caller wait for results"({ talk, log, weather }) {
		const { client, conversation } = talk("caller_tools");
		conversation.tools = [weather.tool, { type: "function", function: { name: "ask_user", parameters: { type: "object" } } }];
		await conversation.send(client, "Hi");
		const [{ id }] = conversation.calls;
		await fails(conversation.send(client), "InvalidRequestError", "results");
		conversation.results([{ id, content: "Yes" }]);
		await conversation.send(client);
		equal(conversation.turns.at(-1).text, "Thanks");
		equal((await log("caller_tools"))[1].body.tools.length, 2);
	},

	async "invalid calls are reported to the model"({ talk, log, weather }) {
		const { client, conversation } = talk("invalid_calls");
		await conversation.send(client, "Hi");
		const [unknown, misfit] = (await log("invalid_calls"))[1].body.messages.slice(-2);
		ok(unknown.content.includes('there is no tool "wether"'), unknown.content);
		ok(misfit.content.includes("don't fit weather"), misfit.content);
		equal(weather.cities, []);
	},

	async "a model that never ends is stopped"({ talk }) {
		const { client, conversation } = talk("endless");
		await fails(conversation.send(client, "Hi", { maxSteps: 2 }), "ToolRunError", "after 2 steps");
		equal(conversation.next, "results");
	},

	async "requests that the caller sends, and forks"({ talk, log }) {
		const { client, conversation } = talk("simple");
		await fails((async () => conversation.say("Hi").request())(), "InvalidRequestError", "ready()");
		await conversation.ready();
		conversation.take(await client.chat.completions.create(conversation.request({ parameters: { seed: 7 } })));
		equal([conversation.turns[1].text, (await log("simple"))[0].body.seed], ["Hello", 7]);
		const branch = conversation.fork(1);
		await branch.edit(0, "Hey").send(client);
		equal([conversation, branch].map(({ turns }) => turns[0].text), ["Hi", "Hey"]);
		equal(branch.usage.answers, 1);
	},

	async "the JSON form"({ Conversation, shared }) {
		const kept = Conversation.fromJSON(shared.kept);
		same(kept.toJSON(), shared.kept);
		equal(kept.cost.total, "0.100000000000000001");
		equal(JSON.stringify(Conversation.fromJSON(shared.python)), shared.python, "conversation of Python's");
		equal(Conversation.fromJSON(shared.old).turns[1].partial, "stopped");
		for (const { about, text, error } of shared.refused) {
			await fails((async () => Conversation.fromJSON(text))(), "InvalidRequestError", error).catch((why) => {
				throw new Error(`${about}: ${why.message}`);
			});
		}
	},

	async "ranges of parameters"({ trilogue, url, log }) {
		const catalog = await trilogue.loadCatalog();
		const client = (options) => new trilogue.Client({ maxRetries: 0, baseURL: url("simple"), ...options });
		const [known, other] = [model, "other"].map((model) => ({ model, messages: [question] }));
		const chat = (options, body) => client(options).chat.completions.create(body);
		const error = await fails(
			chat({ catalog }, { ...known, temperature: 3 }),
			"InvalidRequestError",
			"temperature is 3: openai-gpt-oss-120b takes a number from 0 to 2",
			"off",
		);
		equal(error.param, "temperature");
		const strict = chat({ parameters: "error" }, { ...other, temperature: 3 });
		await fails(strict, "InvalidRequestError", "the chat format takes a number from 0 to 2");
		equal(await log("simple"), []);
		await chat({}, { ...other, temperature: 3 });
		await chat({ catalog, parameters: "off" }, { ...known, temperature: 3 });
		const { warn } = console;
		const warned = [];
		console.warn = (message) => warned.push(message);
		try {
			await chat({ parameters: "warn" }, { ...other, top_p: 1.5, seed: 1, temperature: 3 });
		} finally {
			console.warn = warn;
		}
		equal(warned.map((line) => /^trilogue: (.* is [\d.]+):/.exec(line)?.[1]), ["top_p is 1.5", "temperature is 3"], "warnings");
		equal((await log("simple")).length, 3);
		await fails((async () => client({ parameters: "maybe" }))(), "ConfigurationError", "error, warn or off");
	},

	async "the preset of the product page"({ trilogue, Conversation }) {
		const catalog = await trilogue.loadCatalog();
		const preset = catalog.get(model).preset();
		equal(preset.parameters, { temperature: 0.7, max_tokens: 1000, top_p: 0.9, frequency_penalty: 0, presence_penalty: 0 });
		ok(preset.system.startsWith("You are a helpful AI assistant"), preset.system);
		equal(catalog.get("xiaomi-mimo-v2-pro").preset(), { model: "xiaomi-mimo-v2-pro", parameters: {} });
		const conversation = new Conversation(preset).say("Hi");
		equal(conversation.request().frequency_penalty, 0);
		ok(!("frequency_penalty" in conversation.request({ format: "messages" })), "a penalty of 0 says nothing");
	},
};

/** Runs every case. Returns the counts, the failures, and a conversation that another language reads. */
export async function runAll(run, trilogue, Conversation, server, shared) {
	const failures = [];
	let saved = "";
	const catalog = await trilogue.loadCatalog();
	const all = [
		...Object.entries(tests),
		...shared.cases.map((one) => [one.about, async () => runCase(one, Conversation)]),
	];
	for (const [place, [name, test]] of all.entries()) {
		const url = (script) => `${server}/v/${script}/whole/${run}-${place}-${script}`;
		const cities = [];
		const tool = trilogue.tool({
			name: "weather",
			description: "Returns the weather.",
			parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
			run: ({ city }) => {
				cities.push(city);
				return "Rain";
			},
		});
		const talk = (script, settings) => ({
			client: new trilogue.Client({ maxRetries: 0, catalog, baseURL: url(script) }),
			conversation: new Conversation({ model, system: "Be brief.", tools: [tool], ...settings }),
		});
		const log = async (script) => (await fetch(url(script).replace(/\/v\/.*\//, "/log/"))).json();
		try {
			const result = await test({ trilogue, Conversation, talk, weather: { tool, cities }, log, url, shared });
			saved ||= result ?? "";
		} catch (error) {
			failures.push(`${run}: ${name}: ${error?.stack ?? error}`);
		}
	}
	return { passed: all.length - failures.length, failed: failures.length, failures, saved };
}
