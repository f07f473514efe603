// The package's API beyond the vectors: shared, closed and collected streams, promises, pages, errors.
//
// Uses the installed package, which is passed as a value, over a real socket. The same file runs in Node, in a page and in a worker.
// The host passes `gc`, which runs the garbage collector.

import { all, ask, equal, fails, message, ok } from "../structured/checks.mjs";
import { paddings, texts } from "./scenarios.mjs";

const streamed = { ...ask, stream: true };
const said = (chunks) => chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "").join("");
const whole = texts.join("");
const pause = (milliseconds) => new Promise((ready) => setTimeout(ready, milliseconds));

/** A signal that counts its listeners. */
function counted() {
	const controller = new AbortController();
	const { signal } = controller;
	const listeners = new Set();
	const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)];
	signal.addEventListener = (type, listener, options) => {
		listeners.add(listener);
		add(type, listener, options);
	};
	signal.removeEventListener = (type, listener) => {
		listeners.delete(listener);
		remove(type, listener);
	};
	return { controller, signal, listeners };
}

/** A logger that keeps its lines, as level and text; each must be a single line with the number of its call. */
function recorder() {
	const lines = [];
	const keep = (level) => (line) => {
		ok(/^\[\d+\] /.test(line) && !line.includes("\n"), `the line is ${line}`);
		ok(!line.includes("hushhush"), `the line contains a secret: ${line}`);
		lines.push(`${level} ${line.replace(/^\[\d+\] /, "")}`);
	};
	return { lines, logger: { error: keep("error"), warn: keep("warn"), info: keep("info"), debug: keep("debug") } };
}

/** Compares lines with texts and patterns. */
function like(lines, wanted) {
	const isLike = (line, place) => (typeof wanted[place] === "string" ? line === wanted[place] : wanted[place]?.test(line));
	ok(lines.length === wanted.length && lines.every(isLike), `the lines are\n${lines.join("\n")}`);
}

/** Blocks the thread for a while. */
function block(milliseconds) {
	for (const start = Date.now(); Date.now() - start < milliseconds; );
}

async function until(isSo) {
	while (!isSo()) await pause(5);
}

export const cases = {
	"overlapping calls of next are answered in order": async ({ client }) => {
		const stream = await client("spoken").chat.completions.create(streamed);
		const seen = [];
		const take = async () => {
			const place = seen.push(undefined) - 1;
			const { value, done } = await stream.next();
			seen[place] = done ? "" : said([value]);
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
		const first = said([(await stream.next()).value]);
		const some = [];
		const reader = stream.textStream;
		while (some.length < 5) some.push((await reader.next()).value);
		equal(first + some.join("") + said(await all(stream)), whole);
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
	"leaving a loop closes the connection": async ({ client, closed }) => {
		for await (const _ of await client("begun").chat.completions.create(streamed)) break;
		await closed("begun");
	},
	"leaving a loop over events closes the connection": async ({ client, closed }) => {
		for await (const _ of client("begun").chat.completions.stream(ask)) break;
		await closed("begun");
	},
	"the controller ends a stream, whose error has the reply so far": async ({ client, closed }) => {
		const stream = await client("begun").chat.completions.create(streamed);
		const reading = (async () => {
			for await (const part of stream) if (said([part]) === texts[3]) stream.controller.abort();
		})();
		const error = await fails(reading, "APIUserAbortError");
		ok(error.partial.choices[0].message.content.startsWith(texts.slice(0, 3).join("")), "the partial lacks what came");
		await closed("begun");
	},
	"a signal ends a call, and one that was aborted before sends nothing": async ({ client, closed, log }) => {
		const { controller, signal, listeners } = counted();
		const call = client("silent").chat.completions.create(ask, { signal });
		setTimeout(() => controller.abort(), 100);
		await fails(call, "APIUserAbortError");
		await closed("silent");
		await fails(client("silent").chat.completions.create(ask, { signal }), "APIUserAbortError");
		await fails(client("silent").chat.completions.create(streamed, { signal }), "APIUserAbortError");
		equal((await log("silent")).length, 1, "number of requests");
		equal(listeners.size, 0, "number of listeners");
	},
	"no listener stays on a signal": async ({ client }) => {
		const { signal, listeners } = counted();
		await client("whole").chat.completions.create(ask, { signal });
		await fails(client("limited").chat.completions.create(ask, { signal }), "RateLimitError");
		await all(await client("spoken").chat.completions.create(streamed, { signal }));
		await client("spoken").chat.completions.stream(ask, { signal }).final();
		for await (const _ of await client("begun").chat.completions.create(streamed, { signal })) break;
		(await client("begun").chat.completions.create(streamed, { signal })).close();
		equal(listeners.size, 0, "number of listeners");
	},
	"calls and streams that share a signal share its listener": async ({ client, closed }) => {
		const { controller, signal, listeners } = counted();
		const [quick, begun, silent] = [client("whole"), client("begun"), client("silent")];
		const many = (start) => Array.from({ length: 12 }, start);
		await Promise.all(many(() => quick.chat.completions.create(ask, { signal })));
		equal(listeners.size, 0, "number of listeners after the calls");
		// Few open streams: a browser has six connections.
		const open = [await begun.chat.completions.create(streamed, { signal }), begun.chat.completions.stream(ask, { signal })];
		for (const stream of open) await stream.next();
		const waiting = [
			...many(() => silent.chat.completions.create(ask, { signal })),
			...many(() => silent.messages.create({ ...message, stream: true }, { signal })),
			...many(() => silent.chat.completions.stream(ask, { signal }).next()),
			...many(() => silent.chat.completions.runTools({ ...ask, tools: [] }, { signal }).final()),
		];
		await pause(5);
		equal(listeners.size, 1, "number of listeners");
		controller.abort();
		const ended = [...open.map((stream) => stream.next()), ...waiting];
		await Promise.all(ended.map((one) => fails(one, "APIUserAbortError")));
		equal(listeners.size, 0, "number of listeners at the end");
		await closed("begun");
	},
	"an abort while the stream is being opened": async ({ client, closed, log }) => {
		for (const [scenario, open] of [
			["late", (options) => client("late").chat.completions.create(streamed, options)],
			["late", (options) => client("late").chat.completions.stream(ask, options).next()],
			["lateWhole", (options) => client("lateWhole").chat.completions.create(ask, options)],
		]) {
			const { controller, signal, listeners } = counted();
			const before = (await log(scenario)).length;
			const opened = open({ signal });
			while ((await log(scenario)).length === before) await pause(1);
			block(250);
			controller.abort();
			const error = await fails(opened, "APIUserAbortError");
			// A reply that has arrived is not lost.
			if (scenario === "lateWhole" && error.partial) equal(error.partial.choices[0].message.content, "Hello!");
			equal(listeners.size, 0, "number of listeners");
		}
		await closed("late");
	},
	"streams can be cancelled before they are open": async ({ client, closed, log }) => {
		for (const leave of [(stream) => stream.close(), (stream) => stream.return()]) {
			const stream = client("silent").chat.completions.stream(ask);
			const reading = stream.next();
			while ((await log("silent")).at(-1)?.outcome !== "open") await pause(5);
			leave(stream);
			equal([(await reading).done, (await stream.next()).done], [true, true]);
			await closed("silent");
		}
		const stream = client("silent").messages.stream(message);
		while ((await log("silent")).at(-1)?.outcome !== "open") await pause(5);
		stream.controller.abort();
		await fails(stream.next(), "APIUserAbortError");
		equal((await stream.next()).done, true);
		await closed("silent");
	},
	"an abort ends a call with an error at once, also after further reads": async ({ client }) => {
		const stream = await client("padded").chat.completions.create(streamed);
		equal(said([(await stream.next()).value]), texts[0]);
		const { events } = stream;
		stream.controller.abort();
		const error = await fails(stream.next(), "APIUserAbortError");
		ok(error.partial.choices[0].message.content.startsWith(texts[0]), "the partial lacks what came");
		equal((await stream.next()).done, true);
		await fails(events.next(), "APIUserAbortError");
		await fails((await stream.events).next(), "APIUserAbortError");

		// After its end, there is nothing to abort.
		const whole = client("spoken").chat.completions.stream(ask);
		await all(whole);
		whole.controller.abort();
		equal((await whole.next()).done, true);
		equal((await whole.final()).choices[0].message.content, texts.join(""));
	},
	"streams with an aborted signal": async ({ client, log }) => {
		const signal = AbortSignal.abort();
		const { chat, messages } = client("spoken");
		await fails(chat.completions.stream(ask, { signal }).next(), "APIUserAbortError");
		await fails(messages.stream(message, { signal }).final(), "APIUserAbortError");
		await fails(all(chat.completions.stream({ ...ask, response_format: { type: "json_object" } }, { signal }).elements("")), "APIUserAbortError");
		await fails(chat.completions.stream(ask, { signal }).toReadableStream().getReader().read(), "APIUserAbortError");
		await fails(chat.completions.runTools({ ...ask, tools: [] }, { signal }).final(), "APIUserAbortError");
		equal((await log("spoken")).length, 0, "number of requests");
	},
	"an abort handler may use the client": async ({ client, closed }) => {
		const controller = new AbortController();
		const { signal } = controller;
		const streams = await Promise.all([1, 2, 3].map(() => client("begun").chat.completions.create(streamed, { signal })));
		for (const stream of streams) await stream.next();
		const left = [];
		streams[0].controller.signal.addEventListener("abort", () => {
			for (const stream of streams) stream.close();
			controller.abort();
			const { completions } = client("begun").chat;
			const calls = [completions.create(streamed, { signal }), completions.stream(ask, { signal }).next()];
			left.push(...calls.map((call) => fails(call, "APIUserAbortError")));
		});
		streams[0].controller.abort();
		for (const stream of streams) equal((await stream.next()).done, true);
		equal(left.length, 2, "number of calls");
		await Promise.all(left);
		await closed("begun");
	},
	"a key function that never resolves can be cancelled": async ({ client, log }) => {
		const controller = new AbortController();
		const { signal } = controller;
		const waiting = client("whole").withOptions({ apiKey: () => new Promise(() => undefined) }).chat.completions;
		const calls = [waiting.create(ask, { signal }), waiting.create(streamed, { signal }), waiting.stream(ask, { signal }).next()];
		const stream = waiting.stream(ask);
		const reading = stream.next();
		controller.abort();
		stream.close();
		await Promise.all(calls.map((call) => fails(call, "APIUserAbortError")));
		equal((await reading).done, true);
		equal((await log("whole")).length, 0, "number of requests");
	},
	"the events of a collected stream end with its signal": async ({ client, closed, gc }) => {
		const { controller, signal, listeners } = counted();
		const opened = async () => (await client("begun").chat.completions.create(streamed, { signal })).events;
		const events = await opened();
		await events.next();
		for (let tries = 0; tries < 20; tries += 1) {
			gc();
			await pause(5);
		}
		controller.abort();
		await fails(all(events), "APIUserAbortError");
		await closed("begun");
		await all((await client("spoken").chat.completions.create(streamed, { signal: counted().signal })).events);
		const second = counted();
		await all((await client("spoken").chat.completions.create(streamed, { signal: second.signal })).events);
		equal([listeners.size, second.listeners.size], [0, 0], "number of listeners");
	},
	"a logger that throws or cancels calls": async ({ client, closed }) => {
		const fail = () => {
			throw new Error("the disk is full");
		};
		const broken = client("spoken").withOptions({ logLevel: "debug", logger: { error: fail, warn: fail, info: fail, debug: fail } });
		equal(said(await all(await broken.chat.completions.create(streamed))), whole);
		const controller = new AbortController();
		const cancel = (line) => line.includes("status 200") && controller.abort();
		const logger = { error: cancel, warn: cancel, info: cancel, debug: cancel };
		const cancelling = client("begun").withOptions({ logLevel: "debug", logger });
		const { signal } = controller;
		await fails((async () => all(await cancelling.chat.completions.create(streamed, { signal })))(), "APIUserAbortError");
		await closed("begun");
	},
	"a body whose cancel fails": async ({ trilogue }) => {
		const controller = new AbortController();
		const cancel = () => Promise.reject(new Error("it can't be cancelled"));
		const body = new ReadableStream({ pull: (own) => own.enqueue(new TextEncoder().encode('{"a":1}\n')), cancel });
		const lines = trilogue.Stream.fromReadableStream(body, controller);
		equal((await lines.next()).value, { a: 1 });
		controller.abort();
		await fails(all(lines), "AbortError");
		const silent = new ReadableStream({});
		await fails(trilogue.Stream.fromReadableStream(silent, controller).next(), "AbortError");
		await pause(5);
	},
	"errors have the public name of their class": async ({ trilogue, client }) => {
		const error = await fails(client("limited").chat.completions.create(ask), "RateLimitError");
		equal([error.constructor.name, trilogue.APIUserAbortError.name], ["RateLimitError", "APIUserAbortError"]);
		equal(Object.getPrototypeOf(error.constructor).name, "APIStatusError");
	},
	"a collected stream closes its connection although its signal is alive": async ({ client, closed, gc }) => {
		const { signal, listeners } = counted();
		// In a function of its own, so that no variable here keeps it alive.
		await (async () => {
			const stream = await client("begun").chat.completions.create(streamed, { signal });
			await stream.next();
		})();
		equal(listeners.size, 1, "number of listeners");
		await closed("begun", gc);
		for (let tries = 0; listeners.size > 0 && tries < 200; tries += 1) {
			gc();
			await pause(20);
		}
		equal(listeners.size, 0, "number of listeners");
	},
	"two readers share a stream": async ({ client, closed }) => {
		const [left, right] = (await client("spoken").chat.completions.create(streamed)).tee();
		equal(said([(await left.next()).value]), texts[0]);
		equal(said(await all(right)), whole);
		equal(said(await all(left)), texts.slice(1).join(""));
		const [one, other] = (await client("begun").chat.completions.create(streamed)).tee();
		await one.return();
		equal(said([(await other.next()).value]), texts[0]);
		await other.return();
		equal((await other.next()).done, true);
		await closed("begun");
	},
	"a stream as lines, and back": async ({ trilogue, client, closed }) => {
		const { chat, messages } = client("spoken");
		const back = (body) => all(trilogue.Stream.fromReadableStream(body));
		equal(said(await back((await chat.completions.create(streamed)).toReadableStream())), whole);
		equal(said(await back(chat.completions.stream(ask).toReadableStream())), whole);
		const events = await back(client("message").messages.stream(message).toReadableStream());
		const types = new Set(events.map((event) => event.type.split("_")[0]));
		equal([...types], ["message", "content"], "types of events");
		equal(events.map((event) => event.delta?.text ?? "").join(""), whole);
		ok(messages !== undefined, "messages");
		const reader = (await client("begun").chat.completions.create(streamed)).toReadableStream().getReader();
		await reader.read();
		await reader.cancel();
		await closed("begun");
		const [half] = (await chat.completions.create(streamed)).tee();
		equal(said(await back(half.toReadableStream())), whole);
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
		equal(said(frames.slice(0, -2).map((frame) => JSON.parse(frame.slice("data: ".length)))), whole);
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
		like(lines.splice(0), [`debug chat, model m: POST ${first.baseURL}/chat/completions`, /^debug status 200 after \d+ ms, request id req_1$/, /^debug done after \d+ ms$/]);

		await all(await own("spoken", { logLevel: "debug" }).chat.completions.create(streamed));
		await until(() => lines.length === 3);
		like(lines.splice(0), [/^debug chat, model m, streamed: POST /, /^debug status 200 /, /^debug done after \d+ ms, 13 chunks, the first after \d+ ms$/]);

		await own("message", { logLevel: "debug" }).messages.stream(message).final();
		await until(() => lines.length === 3);
		like(lines.splice(0), [/^debug messages, model m, streamed: POST /, /^debug status 200 /, /^debug done after \d+ ms, \d+ events, the first after \d+ ms, 1 tokens in, 12 tokens out$/]);

		for await (const _ of await own("begun", { logLevel: "debug" }).chat.completions.create(streamed)) break;
		like(lines.splice(0).slice(2), [/^debug closed by its reader after \d+ ms, \d+ chunks, the first after \d+ ms$/]);
	},
	"retries are logged when they happen, depending on the level": async ({ client, trilogue }) => {
		const { lines, logger } = recorder();
		const own = (logLevel) => client("hurried").withOptions({ logger, logLevel, maxRetries: 1 });
		await fails(own("info").chat.completions.create(ask), "RateLimitError");
		like(lines.splice(0), [/^info retry 1 of 1 in 0\.\d\d s after RateLimitError: slow down/]);
		await fails(own("debug").chat.completions.create(ask), "RateLimitError");
		like(lines.splice(0), [/^debug chat.*: POST /, /^debug status 429 /, /^info retry 1 of 1 /, /POST .* \(attempt 2\)$/, /^debug status 429 /, /^debug failed with RateLimitError after \d+ ms: slow down/]);
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
			like(lines.splice(0), [/^warn .*requireFinishReason/]);
			// A client without references may be collected with its warnings.
			ok(own.baseURL.startsWith("http"), "no client");
		}
		const strict = client("unfinished").withOptions({ requireFinishReason: true });
		const stream = await strict.chat.completions.create(streamed);
		await fails(all(stream), "IncompleteStreamError", "requireFinishReason");
	},
	"a client with some options changed": async ({ client, log }) => {
		const first = client("whole").withOptions({ defaultHeaders: { "x-one": "1" } });
		const second = first.withOptions({ defaultQuery: { two: 2 }, apiKey: async () => "sk-second" });
		await second.chat.completions.create(ask);
		const [entry] = await log("whole");
		equal([entry.headers["x-one"], entry.headers.authorization], ["1", "Bearer sk-second"]);
		ok(entry.path.endsWith("?two=2"), `the path is ${entry.path}`);
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
