// Hooks of a client: what they see and change, and how their exceptions and cancelled waits end a call. `cases.mjs` runs these tests.

import { all, ask, equal, fails, message, ok } from "../structured/checks.mjs";
import { countingSignal, joinTexts, pause, streamed, until, whole } from "./helpers.mjs";
import { texts } from "./scenarios.mjs";

/** Hooks that keep what they see; each waits first. */
function recorder() {
	const seen = { requests: [], responses: [], items: [] };
	const keep = (list) => async (value) => {
		await pause(0);
		list.push(value);
	};
	const hooks = { onRequest: keep(seen.requests), onResponse: keep(seen.responses), onEvent: keep(seen.items) };
	return { ...seen, hooks };
}

/** A hook that fails when it is called first. */
function failingOnce() {
	let calls = 0;
	return async () => {
		await pause(0);
		calls += 1;
		if (calls === 1) throw new RangeError("the hook is broken");
	};
}

/** A hook that waits for ever when it is called first. */
function stuckOnce() {
	const gate = { calls: 0 };
	gate.hook = () => {
		gate.calls += 1;
		return gate.calls === 1 ? new Promise(() => {}) : undefined;
	};
	return gate;
}

const isSame = (items, others) => items.length === others.length && items.every((item, place) => item === others[place]);

export const hooks = {
	"hooks get the items that the program gets": async ({ client }) => {
		const sources = {
			spoken: [
				({ chat }) => chat.completions.create(streamed),
				async ({ chat }) => (await chat.completions.create(streamed)).events,
				({ chat }) => chat.completions.stream(ask),
				({ chat }) => chat.completions.stream({ ...ask, response_format: { type: "text" } }),
			],
			message: [
				({ messages }) => messages.create({ ...message, stream: true }),
				async ({ messages }) => (await messages.create({ ...message, stream: true })).events,
				({ messages }) => messages.stream(message),
			],
		};
		for (const [scenario, openers] of Object.entries(sources)) {
			for (const open of openers) {
				for (const isAsync of [true, false]) {
					const { requests, responses, items, hooks } = recorder();
					if (!isAsync) hooks.onEvent = (item) => items.push(item);
					const got = await all(await open(client(scenario).withOptions(hooks)));
					ok(got.length >= texts.length && isSame(items, got), `a hook got ${items.length} items of ${got.length}`);
					equal([requests.length, responses.length], [1, 1], "number of calls");
				}
			}
		}
	},
	"hooks see streams that are read as texts, with listeners, by two readers, or to the end": async ({ client }) => {
		const { items, hooks } = recorder();
		const take = () => items.splice(0);
		const { chat } = client("spoken").withOptions(hooks);
		equal(await all((await chat.completions.create(streamed)).textStream), texts);
		equal(joinTexts(take()), whole);
		equal(await all(chat.completions.stream(ask).textStream), texts);
		ok(take().filter(({ type }) => type === "content.delta").length === texts.length, "events are missing");
		let content = "";
		const stream = chat.completions.stream(ask).on("content", (delta) => {
			content += delta;
		});
		await stream.done();
		equal([content, joinTexts(take().filter(({ type }) => type === "chunk"))], [whole, whole]);
		const [left, right] = (await chat.completions.create(streamed)).tee();
		equal([joinTexts(await all(left)), joinTexts(await all(right))], [whole, whole]);
		equal(joinTexts(take()), whole);
		equal((await (await chat.completions.create(streamed)).final()).choices[0].message.content, whole);
		equal(joinTexts(take()), whole);
		const { messages } = client("message").withOptions(hooks);
		equal(await all((await messages.create({ ...message, stream: true })).textStream), texts);
		equal(take().flatMap(({ delta }) => delta?.text ?? []), texts);
	},
	"each item is seen just before it is returned, also by overlapping calls": async ({ client }) => {
		const order = [];
		const onEvent = async (item) => {
			await pause(1);
			order.push(`hook ${joinTexts([item])}`);
		};
		const stream = await client("padded").withOptions({ onEvent }).chat.completions.create(streamed);
		const take = async () => order.push(`loop ${joinTexts([(await stream.next()).value])}`);
		await Promise.all([take(), take(), take()]);
		equal(order, texts.slice(0, 3).flatMap((text) => [`hook ${text}`, `loop ${text}`]));
		await all(stream);
	},
	"changes of a request are sent, and nothing of the program's is changed": async ({ client, log }) => {
		const onRequest = async (request) => {
			await pause(0);
			request.body.messages[0].content = "redacted";
			request.body.temperature = 0.5;
			request.model = "other";
			request.extraBody.tag = { deep: null };
			request.headers["X-Audit"] = "7";
			delete request.headers["X-Own"];
		};
		const original = { ...ask, messages: [{ role: "user", content: "My number is 123" }] };
		const own = client("whole").withOptions({ onRequest });
		await own.chat.completions.create(original, { headers: { "X-Own": "1" } });
		// A body that the hook returns, and the request itself.
		await own.withOptions({ onRequest: () => ({ ...ask, model: "n" }) }).chat.completions.create(original);
		await own.withOptions({ onRequest: (request) => request }).chat.completions.create(original);
		const [first, second, third] = await log("whole");
		equal(first.body, {
			model: "other",
			messages: [{ role: "user", content: "redacted" }],
			temperature: 0.5,
			tag: { deep: null },
		});
		equal([first.headers["x-audit"], first.headers["x-own"]], ["7", undefined]);
		equal([second.body, third.body], [{ ...ask, model: "n" }, original]);
		equal(original.messages[0].content, "My number is 123");
	},
	"a hook sees the request that is sent, without its key": async ({ client, log }) => {
		const { requests, hooks } = recorder();
		const { chat } = client("whole").withOptions({ ...hooks, apiKey: "sk-secret1" });
		const headers = { Authorization: "Bearer sk-secret2", "X-Own": "1" };
		await chat.completions.create(ask, { headers, extraBody: { b: 1 } });
		await chat.completions.parse({ ...ask, response_format: { type: "object", properties: { a: { type: "string" } } } }).catch(() => undefined);
		await chat.completions.stream(ask).final();
		const sent = await log("whole");
		equal(requests.map(({ body, extraBody }) => ({ ...body, ...extraBody })), sent.map(({ body }) => body));
		const [{ endpoint, model, stream, extraBody }, second, third] = requests;
		equal([endpoint, model, stream, extraBody], ["chat", "m", false, { b: 1 }]);
		equal([requests[0].headers, second.body.response_format.type, third.stream], [{ "X-Own": "1" }, "json_schema", true]);
		equal(sent[0].headers.authorization, "Bearer sk-secret2");
		ok(!JSON.stringify(requests).includes("sk-secret"), "a hook saw the key");
	},
	"hooks of messages, models and pages": async ({ client }) => {
		const { requests, responses, hooks } = recorder();
		await client("message").withOptions(hooks).messages.create({ ...message, stream: true }).then(all);
		equal((await all(client("models").withOptions(hooks).models.list({ limit: 2 }))).length, 3);
		equal(requests.map(({ endpoint }) => endpoint), ["messages", "models", "models"]);
		equal(requests.slice(1).map(({ body }) => body), [{ limit: 2 }, { limit: 2, after_id: "b" }]);
		equal(responses.map(({ endpoint, request }) => [endpoint, requests.indexOf(request)]), [["messages", 0], ["models", 1], ["models", 2]]);
	},
	"a wrong change is an error, and nothing is sent": async ({ client, log }) => {
		const wrong = [
			[(request) => void (request.body.messages = "Hi"), "InvalidRequestError", "messages must be"],
			[(request) => void (request.body.seed = Number.NaN), "InvalidRequestError", "seed is NaN"],
			[(request) => void (request.body.max_token = 1), "InvalidRequestError", "max_tokens"],
			[(request) => void (request.body.stream = true), "InvalidRequestError", "can't change stream"],
			[(request) => void (request.headers.a = "b\nc"), "InvalidRequestError", "headers"],
			[() => "body", "TypeError", "onRequest must return a body as an object, or nothing, not a string"],
			[(request) => void (request.body = []), "TypeError", "body of a request must be an object, not an array"],
			[(request) => void (request.headers = null), "TypeError", "headers of a request must be an object, not null"],
		];
		for (const [onRequest, name, part] of wrong) {
			await fails(client("whole").withOptions({ onRequest }).chat.completions.create(ask), name, part);
		}
		equal((await log("whole")).length, 0, "number of requests");
	},
	"responses of whole replies, streams and errors": async ({ client, log }) => {
		const { requests, responses, hooks } = recorder();
		const answer = await client("whole").withOptions(hooks).chat.completions.create(ask).withResponse();
		equal([answer.request_id, answer.data._request_id], ["req_1", "req_1"]);
		await all(await client("spoken").withOptions(hooks).chat.completions.create(streamed));
		const limited = () => client("limited").withOptions({ ...hooks, maxRetries: 0 });
		const error = await fails(limited().chat.completions.create(ask), "RateLimitError");
		const streamError = await fails(limited().chat.completions.stream(ask).final(), "RateLimitError");
		await fails(client("hurried").withOptions({ ...hooks, maxRetries: 1 }).chat.completions.create(ask), "RateLimitError");
		equal(responses.map(({ status }) => status), [200, 200, 429, 429, 429]);
		const ids = responses.map(({ requestID }) => requestID);
		equal(ids.slice(0, 3), ["req_1", "req_2", "req_3"], "ids");
		equal(responses[0].headers.get("X-Request-Id"), "req_1");
		equal(responses.map((response) => response.error?.name ?? null), [null, null, "RateLimitError", "RateLimitError", "RateLimitError"]);
		ok(responses[2].error === error && responses[3].error === streamError, "other errors");
		equal(responses.map(({ retriesTaken }) => retriesTaken), [0, 0, 0, 0, 1]);
		ok(responses.every(({ elapsed }) => elapsed >= 0), "no elapsed time");
		ok(isSame(responses.map(({ request }) => request), requests), "other requests");
		// Once per call, however often it was sent.
		equal([(await log("hurried")).length, requests.length], [2, 5]);
	},
	"a failure without a response calls no onResponse": async ({ client }) => {
		const { requests, responses, hooks } = recorder();
		const failing = client("whole").withOptions({ ...hooks, baseURL: "http://127.0.0.1:9/v1" });
		await fails(failing.chat.completions.create(ask), "APIConnectionError");
		equal([requests.length, responses.length], [1, 0]);
	},
	"a hook that throws fails its call only": async ({ client, closed, log }) => {
		// The second call would wait for ever for a slot that the first one kept.
		const limited = (name) => client("whole").withOptions({ maxInFlight: 1, [name]: failingOnce() });
		for (const name of ["onRequest", "onResponse"]) {
			const own = limited(name);
			await fails(own.chat.completions.create(ask), "RangeError", "the hook is broken");
			equal((await own.chat.completions.create(ask)).choices[0].message.content, "Hello!");
			equal([own.limits.in_flight, own.limits.queued], [0, 0]);
		}
		equal((await log("whole")).length, 3, "number of requests");
		for (const name of ["onRequest", "onResponse", "onEvent"]) {
			for (const read of [
				async ({ chat }) => all(await chat.completions.create(streamed)),
				async ({ chat }) => all((await chat.completions.create(streamed)).events),
				async ({ chat }) => all((await chat.completions.create(streamed)).textStream),
				async ({ chat }) => all(chat.completions.stream(ask)),
				async ({ chat }) => chat.completions.stream(ask).on("content", () => undefined).done(),
				async ({ chat }) => chat.completions.runTools({ ...ask, tools: [] }).final(),
			]) {
				const own = client("begun").withOptions({ maxInFlight: 1, [name]: failingOnce() });
				const before = (await log("begun")).length;
				await fails(read(own), "RangeError", "the hook is broken");
				if (name === "onRequest") equal((await log("begun")).length, before, "number of requests");
				else await closed("begun");
				await until(() => own.limits.in_flight === 0);
				// The slot is free.
				for await (const _ of await own.chat.completions.create(streamed)) break;
				await closed("begun");
			}
		}
	},
	"a signal ends a call during each hook": async ({ client, closed, log }) => {
		for (const [name, scenario] of [["onRequest", "whole"], ["onResponse", "whole"], ["onRequest", "begun"], ["onResponse", "begun"], ["onEvent", "begun"]]) {
			const { controller, signal, listeners } = countingSignal();
			const gate = stuckOnce();
			const own = client(scenario).withOptions({ maxInFlight: 1, [name]: gate.hook });
			const before = (await log(scenario)).length;
			const calling =
				scenario === "whole"
					? own.chat.completions.create(ask, { signal })
					: (async () => all(await own.chat.completions.create(streamed, { signal })))();
			calling.catch(() => undefined);
			await until(() => gate.calls === 1);
			controller.abort();
			const { partial } = await fails(calling, "APIUserAbortError");
			if (name === "onResponse" && scenario === "whole") equal(partial.choices[0].message.content, "Hello!");
			equal(listeners.size, 0, "number of listeners");
			if (name === "onRequest") equal((await log(scenario)).length, before, "number of requests");
			else if (scenario === "begun") await closed("begun");
			await until(() => own.limits.in_flight === 0);
		}
	},
	"closing a stream during a hook ends it": async ({ client, closed }) => {
		const gate = stuckOnce();
		const stream = await client("begun").withOptions({ onEvent: gate.hook }).chat.completions.create(streamed);
		const reading = stream.next();
		await until(() => gate.calls === 1);
		stream.close();
		equal([(await reading).done, (await stream.next()).done], [true, true]);
		await closed("begun");
		// While the stream is being opened.
		const opening = stuckOnce();
		const helper = client("begun").withOptions({ onResponse: opening.hook }).chat.completions.stream(ask);
		const first = helper.next();
		await until(() => opening.calls === 1);
		helper.close();
		equal((await first).done, true);
		await closed("begun");
	},
	"a request has a hook of its own for its items": async ({ client }) => {
		const kept = {};
		const onRequest = (request) => {
			const name = request.body.messages[0].content;
			kept[name] = "";
			request.onEvent = (item) => {
				kept[name] += joinTexts([item]);
			};
		};
		const own = client("spoken").withOptions({ onRequest });
		const names = ["a", "b", "c", "d"];
		const one = async (content) => all(await own.chat.completions.create({ ...streamed, messages: [{ role: "user", content }] }));
		await Promise.all(names.map(one));
		equal(kept, Object.fromEntries(names.map((name) => [name, whole])));
	},
	"copies have the hooks, and hooks that are not functions are refused": async ({ trilogue, client }) => {
		const { requests, hooks } = recorder();
		const copied = client("whole").withOptions(hooks).withOptions({ maxRetries: 0 });
		await copied.chat.completions.create(ask);
		await copied.withOptions({ onRequest: undefined, onResponse: undefined, onEvent: undefined }).chat.completions.create(ask);
		equal(requests.length, 1, "number of requests");
		for (const name of ["onRequest", "onResponse", "onEvent"]) {
			const make = async () => new trilogue.Client({ baseURL: "http://127.0.0.1:9", [name]: "log" });
			await fails(make(), "ConfigurationError", `${name} must be a function, not a string`);
		}
	},
};
