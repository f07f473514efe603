// The package's API beyond the vectors: shared, closed and collected streams, promises, pages, errors.
//
// Uses the installed package, which is passed as a value, over a real socket. The same file runs in Node, in a page and in a worker.
// The host passes `gc`, which runs the garbage collector.

import { all, ask, equal, fails, message, ok } from "../structured/checks.mjs";
import { cancellation } from "./cancellation.mjs";
import { fetching } from "./fetch.mjs";
import { checkLines, joinTexts, pause, recorder, streamed, until, whole } from "./helpers.mjs";
import { hooks } from "./hooks.mjs";
import { listening } from "./listening.mjs";
import { paddings, texts } from "./scenarios.mjs";

/** The names that the official clients have for exported classes. */
const aliases = new Set(["default", "APIConnectionTimeoutError", "AnthropicError", "OpenAIError"]);

const cases = {
	...cancellation,
	...fetching,
	...hooks,
	...listening,
	"overlapping calls of next are answered in order": async ({ client }) => {
		const stream = await client("spoken").chat.completions.create(streamed);
		const seen = [];
		const take = async () => {
			const place = seen.push(undefined) - 1;
			const { value, done } = await stream.next();
			seen[place] = done ? "" : joinTexts([value]);
			return done;
		};
		const first = Array.from({ length: 5 }, take);
		// One more call as soon as each has ended: it must not overtake those that wait.
		await Promise.all(first.map(async (one) => (await one) || take()));
		while (!(await take()));
		equal(seen.join(""), whole);
	},
	"textStream returns only the texts, for both formats, from items and events": async ({ client }) => {
		const chat = client("spoken").chat.completions;
		const streams = [
			await chat.create(streamed),
			chat.stream(ask),
			(await chat.create(streamed)).events,
			await client("message").messages.create({ ...message, stream: true }),
			client("message").messages.stream(message),
			(await client("message").messages.create({ ...message, stream: true })).events,
		];
		for (const stream of streams) equal(await all(stream.textStream), texts);
	},
	"reading continues after a change from items to texts": async ({ client, closed }) => {
		const stream = await client("spoken").chat.completions.create(streamed);
		const first = joinTexts([(await stream.next()).value]);
		const some = [];
		const reader = stream.textStream;
		while (some.length < 5) some.push((await reader.next()).value);
		equal(first + some.join("") + joinTexts(await all(stream)), whole);
		equal((await stream.final()).choices[0].message.content, whole);

		for await (const _ of (await client("begun").chat.completions.create(streamed)).textStream) break;
		await closed("begun");
	},
	"each chunk has its own padding, also after texts and among events": async ({ client }) => {
		const padding = (chunks) => chunks.slice(0, paddings.length).map((chunk) => chunk.obfuscation);
		const chat = client("padded").chat.completions;
		equal(padding(await all(await chat.create(streamed))), paddings);
		const events = await all(chat.stream(ask));
		equal(padding(events.filter(({ type }) => type === "chunk").map(({ chunk }) => chunk)), paddings);

		const stream = await chat.create(streamed);
		const reader = stream.textStream;
		for (const text of texts.slice(0, 5)) equal((await reader.next()).value, text);
		equal(padding(await all(stream)).slice(0, 7), paddings.slice(5));
	},
	"errors have the public name of their class": async ({ trilogue, client }) => {
		const error = await fails(client("limited").chat.completions.create(ask), "RateLimitError");
		equal([error.constructor.name, trilogue.APIUserAbortError.name], ["RateLimitError", "APIUserAbortError"]);
		equal(Object.getPrototypeOf(error.constructor).name, "APIStatusError");
	},
	"classes have their public names": async ({ trilogue, client }) => {
		const classes = Object.entries(trilogue).filter(([, value]) => typeof value === "function" && /^class\b/.test(value));
		ok(classes.length > 30, `there are ${classes.length} classes`);
		const wrong = classes.filter(([name, value]) => !aliases.has(name) && name !== value.name);
		equal(wrong.map(([name, value]) => `${name} is ${value.name}`), []);
		const stream = client("spoken").chat.completions.stream(ask);
		const { chat, models, messages } = client("spoken");
		const objects = [client("spoken"), chat, chat.completions, messages, models, stream];
		const names = ["Client", "Chat", "Completions", "Messages", "Models", "ChatCompletionStream"];
		equal(objects.map(({ constructor }) => constructor.name), names);
		await stream.final();
	},
	"stacks of errors contain the function that awaits": async ({ client }) => {
		const calls = {
			create: async function namedCaller({ chat: { completions } }) {
				return await completions.create(ask);
			},
			createStreamed: async function namedCaller({ chat: { completions } }) {
				return await completions.create(streamed);
			},
			withResponse: async function namedCaller({ chat: { completions } }) {
				return await completions.create(ask).withResponse();
			},
			stream: async function namedCaller({ chat: { completions } }) {
				return await completions.stream(ask).final();
			},
			iterate: async function namedCaller({ chat: { completions } }) {
				for await (const _ of completions.stream(ask));
			},
			parse: async function namedCaller({ chat: { completions } }) {
				return await completions.parse({ ...ask, response_format: { type: "object", properties: { a: { type: "string" } } } });
			},
			models: async function namedCaller({ models }) {
				return await models.list();
			},
			runTools: async function namedCaller({ chat: { completions } }) {
				return await completions.runTools({ ...ask, tools: [] }).final();
			},
			eachModel: async function namedCaller({ models }) {
				for await (const _ of models.list());
			},
		};
		const missing = [];
		for (const [name, call] of Object.entries(calls)) {
			// A client for each call, since a client waits as long as the server demands before its next request.
			const { stack } = await fails(call(client("limited")), "RateLimitError");
			if (!stack.includes("at async namedCaller")) missing.push(name);
		}
		equal(missing, []);
	},
	"two readers share a stream": async ({ client, closed }) => {
		const [left, right] = (await client("spoken").chat.completions.create(streamed)).tee();
		equal(joinTexts([(await left.next()).value]), texts[0]);
		equal(joinTexts(await all(right)), whole);
		equal(joinTexts(await all(left)), texts.slice(1).join(""));
		const [one, other] = (await client("begun").chat.completions.create(streamed)).tee();
		await one.return();
		equal(joinTexts([(await other.next()).value]), texts[0]);
		await other.return();
		equal((await other.next()).done, true);
		await closed("begun");
	},
	"a stream as lines, and back": async ({ trilogue, client, closed }) => {
		const { chat } = client("spoken");
		const back = (body) => all(trilogue.Stream.fromReadableStream(body));
		equal(joinTexts(await back((await chat.completions.create(streamed)).toReadableStream())), whole);
		equal(joinTexts(await back(chat.completions.stream(ask).toReadableStream())), whole);
		const events = await back(client("message").messages.stream(message).toReadableStream());
		const types = new Set(events.map((event) => event.type.split("_")[0]));
		equal([...types], ["message", "content"], "types of events");
		equal(events.map((event) => event.delta?.text ?? "").join(""), whole);
		const reader = (await client("begun").chat.completions.create(streamed)).toReadableStream().getReader();
		await reader.read();
		await reader.cancel();
		await closed("begun");
		const [half] = (await chat.completions.create(streamed)).tee();
		equal(joinTexts(await back(half.toReadableStream())), whole);
	},
	"leaving the lines of a body cancels it": async ({ trilogue }) => {
		const endless = (cancel) =>
			new ReadableStream({
				pull: (controller) => controller.enqueue(new TextEncoder().encode('{"a":1}\n{"a"')),
				cancel,
			});
		await new Promise((left) => {
			(async () => {
				for await (const line of trilogue.Stream.fromReadableStream(endless(left))) if (line.a === 1) break;
			})();
		});
		const controller = new AbortController();
		const aborted = new Promise((cancelled) => {
			const lines = trilogue.Stream.fromReadableStream(endless(cancelled), controller);
			lines.next().then(() => controller.abort());
		});
		await aborted;
	},
	"a reply as a Response": async ({ client }) => {
		const reply = await client("whole").chat.completions.create(ask).asResponse();
		equal([reply.status, reply.headers.get("x-request-id")], [200, "req_1"]);
		equal((await reply.json()).choices[0].message.content, "Hello!");
		const stream = await client("spoken").chat.completions.create(streamed).asResponse();
		equal(stream.headers.get("content-type"), "text/event-stream; charset=utf-8");
		const frames = (await stream.text()).split("\n\n");
		equal(frames.slice(-2), ["data: [DONE]", ""]);
		equal(joinTexts(frames.slice(0, -2).map((frame) => JSON.parse(frame.slice("data: ".length)))), whole);
		const events = await client("message").messages.create({ ...message, stream: true }).asResponse();
		const [first] = (await events.text()).split("\n\n");
		ok(first.startsWith("event: message_start\ndata: {"), `the first event is ${first}`);
	},
	"the response of a reply": async ({ client }) => {
		const whole = await client("whole").chat.completions.create(ask).withResponse();
		equal([whole.data.id, whole.request_id, whole.response.status, whole.status], ["c", "req_1", 200, 200]);
		equal(whole.response.headers.get("content-type"), "application/json");
		const { data, response, request_id } = await client("spoken").chat.completions.create(streamed).withResponse();
		equal([request_id, response.headers.get("x-request-id")], ["req_2", "req_2"]);
		await all(data);
	},
	"error classes and their fields": async ({ trilogue, client }) => {
		const error = await fails(client("limited").chat.completions.create(ask), "RateLimitError", "slow down");
		ok(error instanceof trilogue.RateLimitError && error instanceof trilogue.APIStatusError, "no such class");
		ok(!(error instanceof trilogue.NotFoundError), "of every class");
		equal([error.status, error.code, error.type, error.requestID], [429, "rate_limit_exceeded", "requests", "req_3"]);
		equal([error.headers.get("retry-after"), error.retryAfter], ["7", 7000]);
		ok(error.stack.startsWith("RateLimitError: "), `the stack begins with ${error.stack.slice(0, 40)}`);
		equal(error.body.error.code, "rate_limit_exceeded");
		const refused = await fails(client("whole").chat.completions.create({ ...ask, messages: [] }), "InvalidRequestError");
		equal([refused.headers, refused.status], [null, null]);
	},
	"calls are logged from request to tokens": async ({ client }) => {
		const { lines, logger } = recorder();
		const own = (scenario, more) => client(scenario).withOptions({ logger, apiKey: "sk-hushhush", ...more });
		const first = own("whole", { logLevel: "debug", defaultQuery: { tenant: "hushhush" } });
		await first.chat.completions.create(ask);
		checkLines(lines.splice(0), [`debug chat, model m: POST ${first.baseURL}/chat/completions`, /^debug status 200 after \d+ ms, request id req_1$/, /^debug done after \d+ ms$/]);

		await all(await own("spoken", { logLevel: "debug" }).chat.completions.create(streamed));
		await until(() => lines.length === 3);
		checkLines(lines.splice(0), [/^debug chat, model m, streamed: POST /, /^debug status 200 /, /^debug done after \d+ ms, 13 chunks, the first after \d+ ms$/]);

		await own("message", { logLevel: "debug" }).messages.stream(message).final();
		await until(() => lines.length === 3);
		checkLines(lines.splice(0), [/^debug messages, model m, streamed: POST /, /^debug status 200 /, /^debug done after \d+ ms, \d+ events, the first after \d+ ms, 1 tokens in, 12 tokens out$/]);

		for await (const _ of await own("begun", { logLevel: "debug" }).chat.completions.create(streamed)) break;
		checkLines(lines.splice(0).slice(2), [/^debug closed by its reader after \d+ ms, \d+ chunks, the first after \d+ ms$/]);
	},
	"retries are logged when they happen, depending on the level": async ({ client, trilogue }) => {
		const { lines, logger } = recorder();
		const own = (logLevel) => client("hurried").withOptions({ logger, logLevel, maxRetries: 1 });
		await fails(own("info").chat.completions.create(ask), "RateLimitError");
		checkLines(lines.splice(0), [/^info retry 1 of 1 in 0\.\d\d s after RateLimitError: slow down/]);
		await fails(own("debug").chat.completions.create(ask), "RateLimitError");
		checkLines(lines.splice(0), [/^debug chat.*: POST /, /^debug status 429 /, /^info retry 1 of 1 /, /POST .* \(attempt 2\)$/, /^debug status 429 /, /^debug failed with RateLimitError after \d+ ms: slow down/]);
		await fails(own("warn").chat.completions.create(ask), "RateLimitError");
		await fails(own(undefined).chat.completions.create(ask), "RateLimitError");
		equal(lines, []);
		const wrong = await fails((async () => own("loud"))(), "ConfigurationError", "logLevel is");
		ok(wrong instanceof trilogue.ConfigurationError, "no such class");
	},
	"a stream without a finish_reason is a warning, or with an option an error": async ({ client }) => {
		const lines = [];
		const keep = (level) => (line) => lines.push(`${level} ${line}`);
		const logger = { error: keep("error"), warn: keep("warn"), info: keep("info"), debug: keep("debug") };
		for (const logLevel of ["warn", "info"]) {
			const own = client("unfinished").withOptions({ logger, logLevel });
			await all(await own.chat.completions.create(streamed));
			await until(() => lines.length === 1);
			checkLines(lines.splice(0), [/^warn .*requireFinishReason/]);
			// A client without references may be collected with its warnings.
			ok(own.baseURL.startsWith("http"), "no client");
		}
		const strict = client("unfinished").withOptions({ requireFinishReason: true });
		const stream = await strict.chat.completions.create(streamed);
		await fails(all(stream), "IncompleteStreamError", "requireFinishReason");
	},
	"a stream that has failed has no whole reply": async ({ client }) => {
		const strict = client("unfinished").withOptions({ requireFinishReason: true }).chat.completions;
		const idle = client("begun").withOptions({ idleTimeout: 200 }).chat.completions;
		for (const [open, name] of [
			[() => strict.create(streamed), "IncompleteStreamError"],
			[async () => (await strict.create(streamed)).events, "IncompleteStreamError"],
			[() => strict.stream(ask), "IncompleteStreamError"],
			[() => idle.create(streamed), "IdleTimeoutError"],
		]) {
			const stream = await open();
			const error = await fails(all(stream), name);
			ok((await fails(stream.final(), name)) === error, "another error");
			ok((await fails(stream.final(), name)) === error, "another error the second time");
			// What was received stays available, as a part.
			equal((await stream.snapshot()).choices[0].message.content, whole);
		}
		const aborted = await client("begun").chat.completions.create(streamed);
		await aborted.next();
		aborted.controller.abort();
		await fails(all(aborted), "APIUserAbortError");
		await fails(aborted.final(), "APIUserAbortError");
	},
	"a client with some options changed": async ({ client, log }) => {
		const first = client("whole").withOptions({ defaultHeaders: { "x-one": "1" } });
		const second = first.withOptions({ defaultQuery: { two: 2 }, apiKey: async () => "sk-second" });
		await second.chat.completions.create(ask);
		const [entry] = await log("whole");
		equal([entry.headers["x-one"], entry.headers.authorization], ["1", "Bearer sk-second"]);
		ok(entry.path.endsWith("?two=2"), `the path is ${entry.path}`);
	},
	"options that are null are as if they were missing": async ({ client }) => {
		const own = client("whole").withOptions({ catalog: null, prices: null });
		equal((await own.chat.completions.create(ask)).choices[0].message.content, "Hello!");
	},
	"half of a character is sent as the replacement character": async ({ client, log }) => {
		const content = "a\ud83eb \ud83e\udd80 \udd80";
		await client("whole").chat.completions.create({ ...ask, messages: [{ role: "user", content, "\ud83e": "\\ud83e" }] });
		const [{ body }] = await log("whole");
		equal(body.messages, [{ role: "user", content: "a\ufffdb \ud83e\udd80 \ufffd", "\ufffd": "\\ud83e" }]);
	},
	"pages of models": async ({ client, log }) => {
		const ids = (models) => models.map(({ id }) => id);
		equal(ids(await all(client("models").models.list())), ["a", "b", "c"]);
		ok((await log("models"))[1].path.includes("after_id=b"), "the second page was not asked for by its place");
	},
	"pages are requested one at a time": async ({ client }) => {
		const first = await client("models").models.list();
		equal([first.hasNextPage(), first.data.length], [true, 2]);
		const second = await first.getNextPage();
		equal([second.data[0].id, second.hasNextPage(), await second.getNextPage()], ["c", false, null]);
	},
};

/** Runs every case. Returns the counts and the failures. */
export async function runAll(runtime, trilogue, server, gc) {
	const failures = [];
	let passed = 0;
	for (const [name, run] of Object.entries(cases)) {
		const nonce = (scenario) => `${runtime}-${name.replaceAll(/[^a-z]+/gi, "-")}-${scenario}`;
		const client = (scenario) =>
			new trilogue.Client({ baseURL: `${server}/v/${scenario}/pieces/${nonce(scenario)}`, maxRetries: 0 });
		const log = async (scenario) => (await fetch(`${server}/log/${nonce(scenario)}`)).json();
		/** Waits until the client has closed the last connection of a scenario, and runs `work` meanwhile. */
		const closed = async (scenario, work = () => undefined) => {
			for (;;) {
				if ((await log(scenario)).at(-1)?.outcome === "closed") return;
				work();
				await pause(20);
			}
		};
		let timer;
		try {
			const late = new Promise((_, reject) => {
				timer = setTimeout(reject, 30_000, new Error("took too long"));
			});
			await Promise.race([run({ trilogue, client, log, closed, gc }), late]);
			passed += 1;
		} catch (error) {
			failures.push(`${runtime}: ${name}: ${error?.stack ?? error}`);
		} finally {
			clearTimeout(timer);
		}
	}
	return { passed, failed: failures.length, failures };
}
