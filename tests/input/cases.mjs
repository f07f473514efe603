// The tests of input in JavaScript: the same file runs in Node over both modules and in a page.
//
// Uses the installed package, which is passed as a value, over a real socket, and nothing else but `fetch`.

import { equal, fails, ok } from "../structured/checks.mjs";

const ask = { model: "m", messages: [{ role: "user", content: "Hi" }] };

/** Sends a request to an endpoint. */
function send(client, endpoint, fields, options) {
	const body = { ...ask, ...fields };
	if (endpoint === "chat") return client.chat.completions.create(body, options);
	if (endpoint === "messages") return client.messages.create({ max_tokens: 5, ...body }, options);
	return client.messages.countTokens(body, options);
}

const loop = {};
loop.a_rather_long_name = loop;
let deep = "x";
for (let level = 0; level < 5000; level++) deep = [deep];

/** Values that JSON cannot represent: the fields of a body, the path, and the message. */
const misfits = [
	[{ temperature: Number.NaN }, "temperature", "is NaN; pass a finite number"],
	[{ temperature: Number.POSITIVE_INFINITY }, "temperature", "is Infinity; pass a finite number"],
	[{ seed: 5n }, "seed", "is 5n; pass a finite number"],
	[{ user: () => "x" }, "user", "is of type function, which JSON cannot represent"],
	[{ user: Symbol("x") }, "user", "is of type symbol"],
	[{ metadata: new Map([["a", 1]]) }, "metadata", "is of type Map"],
	[{ metadata: new Set([1]) }, "metadata", "is of type Set"],
	[{ metadata: { a: [1, Number.NaN] } }, "metadata.a[1]", "is NaN"],
	[{ metadata: { a: Promise.resolve(1) } }, "metadata.a", "is of type Promise"],
	[{ metadata: { a: new Uint8Array(2) } }, "metadata.a", "is of type Uint8Array"],
	[{ metadata: { a: new Headers({ a: "b" }) } }, "metadata.a", "is of type Headers"],
	[{ messages: [{ role: "user", content: [undefined] }] }, "messages[0].content[0]", "is undefined"],
	[{ tools: [() => 1] }, "tools[0]", "is of type function"],
	[{ metadata: loop }, "metadata.a_rather_long_name", "is nested too deeply or contains itself"],
	[{ metadata: deep }, "metadata[0][0]", "is nested too deeply or contains itself"],
	[{ metadata: { ["k".repeat(10_000)]: Number.NaN } }, "metadata.kkk", "is NaN"],
];

/** Options that are refused, and the messages. */
const wrongOptions = [
	[{ maxToken: 1 }, 'unknown option "maxToken"'],
	[{ max_retries: 1 }, 'unknown option "max_retries"; did you mean "maxRetries"?'],
	[{ maxRetrys: 1 }, 'unknown option "maxRetrys"; did you mean "maxRetries"?'],
	[{ retries: 1 }, 'unknown option "retries"; did you mean "maxRetries"?'],
	[{ headers: {} }, 'unknown option "headers"; did you mean "defaultHeaders"?'],
	[{ base_url: "x" }, 'unknown option "base_url"; did you mean "baseURL"?'],
	[{ fetch: "node-fetch" }, "fetch must be a function like the global fetch, not a string"],
	[{ httpAgent: { a: () => 1, loop } }, 'unknown option "httpAgent"'],
	[{ signal: AbortSignal.timeout(1000) }, 'unknown option "signal"'],
	[{ organization: "x" }, 'unknown option "organization"'],
	[{ timeout: () => 1 }, "timeout must be a number"],
	[{ timeout: Number.NaN }, "timeout must be a number"],
	[{ timeout: 0 }, "timeout must be a positive number of milliseconds, not 0"],
	[{ idleTimeout: -1500 }, "idleTimeout must be a positive number of milliseconds, not -1500"],
	[{ maxRetries: 1n }, "maxRetries must be a non-negative integer"],
	[{ defaultHeaders: new Map([["a", "b"]]) }, "defaultHeaders is of type Map"],
	[{ defaultHeaders: "x" }, "defaultHeaders must be an object"],
	[{ defaultHeaders: { a: () => 1 } }, "defaultHeaders.a is of type function"],
	[{ defaultHeaders: { "Content-Length": "5" } }, "defaultHeaders: content-length is set by the connection"],
	[{ defaultHeaders: { "a b": "5" } }, 'defaultHeaders: invalid header name "a b"'],
	[{ apiKey: Symbol("x") }, "apiKey must be a string"],
	[{ baseURL: "http://127.0.0.1/?a" }, "defaultQuery"],
];

const cases = {
	async "invalid requests are refused"({ client, log, shared }) {
		const one = client("refused");
		for (const { about, endpoint, fields, param, javascript } of shared.refused) {
			const error = await fails(send(one, endpoint, fields), "InvalidRequestError");
			equal([error.message, error.param], [javascript, param], about);
		}
		equal(await log("refused"), [], "log");
	},

	async "addresses and keys are checked at creation"({ trilogue, shared, isPage }) {
		const variables = ["MODELSLAB_API_KEY", "OPENAI_API_KEY", "ANTHROPIC_API_KEY"];
		const original = isPage ? {} : { ...process.env };
		const setVariables = (values) => {
			if (isPage) return;
			for (const name of variables) delete process.env[name];
			Object.assign(process.env, values);
		};
		try {
			for (const { about, base_url: baseURL, environment, javascript } of shared.clients) {
				// A page has no environment.
				if (isPage && Object.keys(environment).length > 0) continue;
				setVariables(environment);
				if (javascript === undefined) {
					new trilogue.Client({ baseURL });
					continue;
				}
				const error = await fails((async () => new trilogue.Client({ baseURL }))(), "ConfigurationError");
				equal(error.message, javascript, about);
			}
		} finally {
			setVariables(original);
		}
	},

	async "parameters of providers are sent"({ client, log, shared }) {
		for (const name of shared.passing) {
			const value = name === "stop_sequences" ? ["a"] : "a";
			await send(client("passing"), "chat", { [name]: value });
			equal((await log("passing")).at(-1).body[name], value, name);
		}
		await send(client("passing"), "chat", {}, { extraBody: { max_token: 5, maxTokens: 6 } });
		const { body } = (await log("passing")).at(-1);
		equal([body.max_token, body.maxTokens], [5, 6]);
	},

	async "values that JSON cannot represent"({ client, log }) {
		const one = client("misfits");
		for (const [fields, path, why] of misfits) {
			const error = await fails(send(one, "chat", fields), "InvalidRequestError", why);
			ok(error.message.startsWith(path) && error.param.startsWith(path), `${error.message} (${error.param})`);
			ok(error.message.length < 300 && error.param.length < 300, `the message has ${error.message.length} characters`);
			await fails(send(one, "chat", { ...fields, stream: true }), "InvalidRequestError", why);
		}
		for (const [options, path] of [
			[{ extraBody: { a: [Number.NaN] } }, "extraBody.a[0] is NaN"],
			[{ headers: new Headers({ a: "b" }) }, "headers is of type Headers"],
			[{ query: { a: () => 1 } }, "query.a is of type function"],
		]) {
			await fails(send(one, "chat", {}, options), "InvalidRequestError", path);
		}
		await fails((async () => one.chat.completions.estimate({ ...ask, top_p: Number.NaN }))(), "InvalidRequestError", "top_p is NaN");
		equal(await log("misfits"), [], "log");
	},

	async "values with toJSON are sent"({ client, log }) {
		class Point {
			x = 1;
		}
		const when = new Date(0);
		const metadata = { when, point: new Point(), none: undefined, nothing: Object.create(null) };
		await send(client("forms"), "chat", { metadata });
		equal((await log("forms")).at(-1).body.metadata, { when: "1970-01-01T00:00:00.000Z", point: { x: 1 }, nothing: {} });
	},

	async "errors name options as they were written"({ client, isPage }) {
		for (const [options, says] of wrongOptions) {
			const error = await fails((async () => client("options", options))(), "ConfigurationError");
			ok(error.message.startsWith(says) || says === "defaultQuery", `${error.message}: ${says}`);
			ok(error.message.includes(says) && !/[a-z]_[a-z]/.test(error.message.replaceAll(/"[a-z_]+"(?=;)|MODELSLAB\w+/g, "")), error.message);
		}
		client("options", { dangerouslyAllowBrowser: true });
		if (!isPage) client("options", { dangerouslyAllowBrowser: false });
	},

	async "wrong options of a request"({ client, log }) {
		const one = client("request");
		for (const [options, name, says] of [
			[{ maxRetry: 1 }, "ConfigurationError", 'unknown option "maxRetry"'],
			[{ max_retries: 1 }, "ConfigurationError", 'did you mean "maxRetries"?'],
			[{ extraHeader: {} }, "ConfigurationError", 'unknown option "extraHeader"; did you mean "headers"?'],
			[{ timeout: -1 }, "ConfigurationError", "timeout must be a positive number of milliseconds, not -1"],
			[{ headers: { host: "x" } }, "InvalidRequestError", "headers: host is set by the connection"],
			[{ headers: { ":path": "x" } }, "InvalidRequestError", 'headers: invalid header name ":path"'],
		]) {
			await fails(send(one, "chat", {}, options), name, says);
		}
		equal(await log("request"), [], "log");
	},

	async "limits are reported in milliseconds"({ client }) {
		const slow = client("slow", { maxRetries: 0 });
		await fails(send(slow, "chat", {}, { timeout: 300 }), "APITimeoutError", "timeout (300 ms)");
		const streamed = send(slow, "chat", { stream: true }, { firstTokenTimeout: 300 });
		await fails(streamed, "FirstTokenTimeoutError", "firstTokenTimeout (300 ms)");
	},
};

/** Runs every case. Returns the counts and the failures. */
export async function runAll(trilogue, url, shared, isPage) {
	const failures = [];
	for (const [name, run] of Object.entries(cases)) {
		const nonce = `${Math.random()}`.slice(2);
		const client = (script, options = {}) => {
			const own = `${url}/v/${script === "slow" ? "slow" : "reply"}/pieces/${nonce}-${script}`;
			return new trilogue.Client({ baseURL: own, ...options });
		};
		const log = async (script) => (await fetch(`${url}/log/${nonce}-${script}`)).json();
		try {
			await run({ trilogue, client, log, shared, isPage });
		} catch (error) {
			failures.push(`${name}: ${error?.stack ?? error}`);
		}
	}
	const failed = failures.length;
	return { passed: Object.keys(cases).length - failed, failed, failures };
}
