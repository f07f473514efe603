// Clients whose requests go through a `fetch` of the program: a wrapper, or responses that the program makes itself.

import { all, ask, equal, fails, message, ok } from "../structured/checks.mjs";
import { joinTexts, streamed, until, whole } from "./helpers.mjs";

const completion = { id: "c", object: "chat.completion", created: 1, model: "m" };
const reply = () => Response.json({ ...completion, choices: [{ index: 0, message: { role: "assistant", content: "own" }, finish_reason: "stop" }] });

export const fetching = {
	"calls and streams go through the client's own fetch": async ({ client, log }) => {
		const seen = [];
		const own = (url, init) => {
			seen.push([url, init]);
			return fetch(url, { ...init, headers: { ...init.headers, "x-proxy": "1" } });
		};
		const first = client("spoken").withOptions({ fetch: own, apiKey: "sk-own" });
		equal(joinTexts(await all(await first.chat.completions.create(streamed))), whole);
		const second = first.withOptions({ baseURL: client("whole").baseURL });
		equal((await second.chat.completions.create(ask)).choices[0].message.content, "Hello!");
		equal(seen.map(([url]) => url), [first, second].map(({ baseURL }) => `${baseURL}/chat/completions`));
		const [{ method, headers, body, redirect, signal }] = seen.map(([, init]) => init);
		equal([method, headers.authorization, JSON.parse(body).stream, redirect], ["POST", "Bearer sk-own", true, "manual"]);
		ok(signal instanceof AbortSignal, "no signal");
		const [entry] = await log("whole");
		equal([entry.headers["x-proxy"], entry.body], ["1", ask]);
		equal(Number(entry.headers["content-length"]), new TextEncoder().encode(seen[1][1].body).length);
	},
	"a response that the program makes": async ({ trilogue }) => {
		const client = new trilogue.Client({ baseURL: "http://model.test/v1", apiKey: "sk", fetch: async () => reply() });
		equal((await client.chat.completions.create(ask)).choices[0].message.content, "own");
		equal(client.baseURL, "http://model.test/v1");
		equal(client.spent.calls, 1);
	},
	"a page sends no header that the server must allow": async ({ client }) => {
		let names;
		const fetch = async (_, { headers }) => {
			names = Object.keys(headers);
			return Response.json({ id: "msg", type: "message", role: "assistant", model: "m", content: [], stop_reason: "end_turn" });
		};
		await client("whole").withOptions({ fetch, apiKey: "sk" }).messages.create(message);
		const isPage = "document" in globalThis || "WorkerGlobalScope" in globalThis;
		equal(names.includes("anthropic-version"), !isPage);
	},
	"leaving a stream aborts the signal of its fetch": async ({ trilogue }) => {
		let signal;
		const chunk = { ...completion, object: "chat.completion.chunk", choices: [{ index: 0, delta: { content: "a" }, finish_reason: null }] };
		const fetch = async (_, init) => {
			signal = init.signal;
			const begun = (controller) => controller.enqueue(new TextEncoder().encode(`data: ${JSON.stringify(chunk)}\n\n`));
			return new Response(new ReadableStream({ start: begun }), { headers: { "content-type": "text/event-stream" } });
		};
		const client = new trilogue.Client({ baseURL: "http://model.test/v1", apiKey: "sk", fetch });
		for await (const _ of await client.chat.completions.create(streamed)) break;
		await until(() => signal.aborted);
	},
	"a fetch that rejects is a failed connection, and retried": async ({ client }) => {
		let calls = 0;
		const fetch = async () => {
			calls += 1;
			throw new TypeError("the proxy is closed");
		};
		const failing = client("whole").withOptions({ fetch, maxRetries: 1 });
		await fails(failing.chat.completions.create(ask), "APIConnectionError", "the proxy is closed");
		equal(calls, 2);
		const recovering = failing.withOptions({ fetch: async () => (calls++ === 2 ? fetch() : reply()) });
		equal((await recovering.chat.completions.create(ask)).choices[0].message.content, "own");
	},
	"a fetch that is no function, and options that fetch cannot honour": async ({ trilogue }) => {
		const make = async (options) => new trilogue.Client({ baseURL: "http://127.0.0.1:1", ...options });
		await fails(make({ fetch: "node-fetch" }), "ConfigurationError", "fetch must be a function like the global fetch, not a string");
		await fails(make({ fetch: null }), "ConfigurationError", "fetch must be a function like the global fetch, not null");
		for (const options of [{ connectTimeout: 1 }, { proxy: "http://127.0.0.1:1" }, { caBundle: "ca.pem" }]) {
			await fails(make({ fetch, ...options }), "ConfigurationError", Object.keys(options)[0]);
		}
	},
};
