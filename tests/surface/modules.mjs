// In a page: which wasm modules a program loads, by what it uses. Shows the outcome as JSON.
//
// Each case runs in a worker of its own, which has loaded nothing yet. The worker runs this script too, and posts the names of the wasm files that it
// has requested.

import { ask, equal, fails, ok } from "../structured/checks.mjs";
import { joinTexts, pause, streamed, until, whole } from "./helpers.mjs";

const dist = "/project/node_modules/trilogue/dist";
const limits = { maxInFlight: 2, requestsPerMinute: 6000 };
const schema = { type: "object", properties: { a: { type: "integer" } }, required: ["a"], additionalProperties: false };

const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/** What a client returns for a reply and a stream. */
async function answers(client) {
	const reply = await client("whole").chat.completions.create(ask);
	const stream = await client("spoken").chat.completions.create(streamed);
	const items = [];
	for await (const item of stream) items.push(item);
	equal(joinTexts(items), whole);
	return [reply, items, await stream.snapshot()];
}

/** The cases: the wasm files, and a program that loads them and no others. */
const cases = {
	"a client without limits": [
		["base.wasm"],
		async ({ load, client }) => {
			await load();
			await answers(client());
		},
	],
	"a client with limits that is created with the import": [
		["trilogue.wasm"],
		async ({ load, client }) => {
			await load();
			await answers(client(limits));
		},
	],
	// Each in a worker of its own, since a page that has loaded the whole module uses it for every client.
	...Object.fromEntries(
		[
			{ maxInFlight: 1 },
			{ requestsPerMinute: 6000 },
			{ tokensPerMinute: 1e6 },
			{ adaptive: true },
			{ queueTimeout: 60_000 },
			{ fallbacks: [{ model: "n" }] },
			{ fallbackOn: ["context_length"], fallbacks: [{ model: "n" }] },
			{ onCut: "continue" },
			{ logLevel: "debug", logger: quiet },
			{ logLevel: "info", logger: quiet },
		].map((options) => [
			`a client with ${Object.keys(options).join(" and ")}`,
			[
				["trilogue.wasm"],
				async ({ load, client }) => {
					await load();
					await client(options)("whole").chat.completions.create(ask);
				},
			],
		]),
	),
	"options that set no limit": [
		["base.wasm"],
		async ({ load, client }) => {
			await load();
			const options = { maxInFlight: undefined, requestsPerMinute: null, fallbacks: null };
			await client(options)("whole").chat.completions.create(ask);
		},
	],
	"clients of both kinds answer alike": [
		["base.wasm", "trilogue.wasm"],
		async ({ load, client }) => {
			const trilogue = await load();
			const plain = await answers(client());
			await trilogue.ready();
			const limited = client(limits)("whole");
			// Before its module is loaded.
			equal(limited.limits, { ...client()("whole").limits, requests_per_minute: 6000, max_in_flight: 2 });
			equal([limited.spent.calls, limited.baseURL.endsWith("limited-whole")], [0, true]);
			equal(await answers(client(limits)), plain, "answers of a client with limits");
			await limited.chat.completions.create(ask);
			equal([limited.limits.in_flight, limited.limits.max_in_flight, limited.spent.calls], [0, 2, 1]);
		},
	],
	"wrong limits are refused before their module is loaded": [
		["base.wasm"],
		async ({ load, client }) => {
			const trilogue = await load();
			await client()("whole").chat.completions.create(ask);
			await trilogue.ready();
			await fails((async () => client({ maxInFlight: 0 })("whole"))(), "ConfigurationError", "maxInFlight must be at least 1");
		},
		// Preparing the module for the calls is allowed.
		["trilogue.wasm"],
	],
	"a limit is kept": [
		["trilogue.wasm"],
		async ({ load, client }) => {
			await load();
			const own = client({ maxInFlight: 1 })("begun");
			const first = await own.chat.completions.create(streamed);
			let isSent = false;
			const second = own.chat.completions.create(streamed).then((stream) => {
				isSent = true;
				return stream;
			});
			await until(() => own.limits.queued === 1);
			await pause(50);
			equal(isSent, false);
			await first.return();
			await (await second).return();
		},
	],
	"a refusal is a pause for all calls of a client without limits": [
		["base.wasm"],
		async ({ load, client, log }) => {
			await load();
			const own = client({ maxRetryAfter: 60_000 })("limited");
			const refused = await fails(own.chat.completions.create(ask), "RateLimitError");
			equal(refused.retryAfter, 7000);
			ok(own.limits.paused_ms > 5000, `the pause is ${own.limits.paused_ms}`);
			const controller = new AbortController();
			const waiting = own.chat.completions.create(ask, { signal: controller.signal });
			await until(() => own.limits.queued === 1);
			controller.abort();
			await fails(waiting, "APIUserAbortError");
			equal([own.limits.queued, own.limits.in_flight], [0, 0]);
			equal((await log("limited")).length, 1, "number of requests");
		},
	],
	"a typed answer": [
		["answers.wasm", "base.wasm"],
		async ({ load, client }) => {
			await load();
			const body = { ...ask, response_format: schema };
			await fails(client()("whole").chat.completions.parse(body), "InvalidOutputError");
		},
	],
	"tools": [
		["answers.wasm", "base.wasm"],
		async ({ load, client }) => {
			const { tool } = await load();
			const tools = [tool({ name: "t", description: "A tool.", parameters: schema, run: () => 1 })];
			const reply = await client()("spoken").chat.completions.runTools({ ...ask, tools }).final();
			equal(reply.choices[0].message.content, whole);
		},
	],
	"a typed answer of a client with limits": [
		["trilogue.wasm"],
		async ({ load, client }) => {
			await load();
			const body = { ...ask, response_format: schema };
			await fails(client(limits)("whole").chat.completions.parse(body), "InvalidOutputError");
		},
	],
	"log lines": [
		["trilogue.wasm"],
		async ({ load, client }) => {
			await load();
			const lines = [];
			const logger = { ...quiet, debug: (line) => lines.push(line) };
			await client({ logger, logLevel: "debug" })("whole").chat.completions.create(ask);
			ok(/done after/.test(lines.at(-1)), `the lines are ${lines}`);
		},
	],
	"warnings": [
		["base.wasm"],
		async ({ load, client }) => {
			await load();
			const lines = [];
			const own = client({ logger: { ...quiet, warn: (line) => lines.push(line) } })("unfinished");
			await (await own.chat.completions.create(streamed)).final();
			await until(() => lines.length === 1);
			ok(/requireFinishReason/.test(lines[0]), `the lines are ${lines}`);
		},
	],
	"costs of tokens": [
		["base.wasm"],
		async ({ load }) => {
			const trilogue = await load();
			const catalog = await trilogue.loadCatalog([{ id: "m", prices: { input: "1", output: "2" } }]);
			equal(catalog.get("m").cost({ inputTokens: 1_000_000 }), "1");
			const { total } = new trilogue.Client({ baseURL: "http://127.0.0.1:9", catalog }).chat.completions.estimate({ ...ask, max_tokens: 1 });
			ok(Number(total) > 0, `the estimate is ${total}`);
		},
	],
	"a conversation with clients of both kinds": [
		["base.wasm", "kit.wasm", "trilogue.wasm"],
		async ({ load, client }) => {
			await load();
			const { Conversation } = await import(`${dist}/conversation-browser.mjs`);
			for (const options of [{}, limits]) {
				const talk = new Conversation({ model: "m" });
				await talk.stream(client(options)("spoken"), "Hi").final();
				equal(talk.turns.length, 2);
			}
		},
	],
	"a base that cannot be loaded is replaced by the whole module": [
		["base.wasm", "trilogue.wasm"],
		async ({ load, client, refuse }) => {
			refuse("base.wasm");
			await load();
			await answers(client());
			await fails(client()("whole").chat.completions.parse({ ...ask, response_format: schema }), "InvalidOutputError");
		},
	],
	"modules that cannot be loaded are an error of the call, and are loaded by the next one": [
		["base.wasm", "trilogue.wasm"],
		async ({ load, client, refuse }) => {
			const allow = refuse("base.wasm", "trilogue.wasm");
			await load();
			const own = client()("whole");
			await fails(own.chat.completions.create(ask), "APIConnectionError", "cannot load trilogue.wasm");
			allow();
			await own.chat.completions.create(ask);
		},
	],
};

/** In a worker: runs a case. Returns the names of the wasm files that were requested. */
async function run(title, server) {
	const { fetch: send } = globalThis;
	const requested = new Set();
	let refused = [];
	globalThis.fetch = async (source, init) => {
		const name = /[^/]*\.wasm$/.exec(String(source?.url ?? source))?.[0];
		if (name) requested.add(name);
		return refused.includes(name) ? new Response(null, { status: 404 }) : send(source, init);
	};
	let trilogue;
	const kind = (options) => (Object.keys(options).length > 0 ? "limited" : "plain");
	const nonce = (scenario, options) => `modules-${title.replaceAll(/[^a-z]+/gi, "-")}-${kind(options)}-${scenario}`;
	const [, program] = cases[title];
	await program({
		load: async () => {
			trilogue = await import(`${dist}/browser.mjs`);
			return trilogue;
		},
		client:
			(options = {}) =>
			(scenario) =>
				new trilogue.Client({ maxRetries: 0, ...options, baseURL: `${server}/v/${scenario}/pieces/${nonce(scenario, options)}` }),
		log: async (scenario) => (await send(`${server}/log/${nonce(scenario, { some: 1 })}`)).json(),
		refuse: (...names) => {
			refused = names;
			return () => {
				refused = [];
			};
		},
	});
	return [...requested].sort();
}

/** In the page: runs every case in a worker. */
async function runCases(server) {
	const failures = [];
	let passed = 0;
	for (const [title, [expected, , allowed = []]] of Object.entries(cases)) {
		const worker = new Worker(import.meta.url, { type: "module" });
		try {
			const names = await new Promise((resolve, reject) => {
				setTimeout(reject, 30_000, new Error("took too long"));
				worker.onmessage = ({ data: { names, error } }) => (error ? reject(new Error(error)) : resolve(names));
				worker.onerror = ({ message }) => reject(new Error(`the worker failed: ${message}`));
				worker.postMessage([title, server]);
			});
			equal(names.filter((name) => !allowed.includes(name)), expected, "list of modules");
			passed += 1;
		} catch (error) {
			failures.push(`modules: ${title}: ${error?.message ?? error}`);
		} finally {
			worker.terminate();
		}
	}
	return { passed, failed: failures.length, failures };
}

if (globalThis.document) {
	const outcome = await runCases(new URL(import.meta.url).search.slice(1));
	document.body.appendChild(document.createElement("output")).textContent = JSON.stringify(outcome);
} else {
	self.onmessage = async ({ data: [title, server] }) => {
		const outcome = run(title, server).then((names) => ({ names }));
		self.postMessage(await outcome.catch((error) => ({ error: String(error?.stack ?? error) })));
	};
}
