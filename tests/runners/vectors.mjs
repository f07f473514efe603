// Replays every vector through the installed npm package, at three splits.
//
// Follows the rules of `tests/README.md` and has no special case for any vector. The same file runs in Node and in a page: it gets the
// package as a value, and uses nothing but `fetch`.

const splits = ["whole", "bytes", "random"];
// Browsers open six connections to a host: more runs at once would wait for each other's sockets.
const atOnce = 6;

/** Replays all vectors; `options` are added to those of each client. Returns the counts and the failures. */
export async function replayAll(runtime, trilogue, server, options = {}) {
	const vectors = await loadJSON(`${server}/vectors.json`);
	const runs = Object.entries(vectors).flatMap(([name, vector]) => splits.map((split) => ({ name, vector, split })));
	const failures = [];
	let next = 0;
	const worker = async () => {
		while (next < runs.length) {
			const run = runs[next++];
			try {
				await replay(runtime, trilogue, server, run, options);
			} catch (error) {
				failures.push(`${runtime}: ${run.name} (${run.split}): ${error?.message ?? error}`);
			}
		}
	};
	await Promise.all(Array.from({ length: atOnce }, worker));
	return { passed: runs.length - failures.length, failed: failures.length, failures };
}

/**
 * Loads JSON from the test server. These requests are the runner's, not the package's: Chromium fails one when the machine's network changes
 * (a virtual interface that comes or goes is enough), so it is sent again.
 */
async function loadJSON(url) {
	for (let attempt = 1; ; attempt++) {
		try {
			return await (await fetch(url, { cache: "no-store" })).json();
		} catch (error) {
			if (attempt === 3) throw new Error(`can't load ${url}: ${error?.message ?? error}`);
		}
	}
}

async function replay(runtime, trilogue, server, { name, vector, split }, options) {
	const nonce = `${runtime}-${name}-${split}`;
	const baseURL = `${server}/v/${name}/${split}/${nonce}`;
	const own = JSON.parse(JSON.stringify(vector.options ?? {}).replaceAll("{base_url}", baseURL));
	const client = new trilogue.Client({ ...options, ...camelCase(own), baseURL });
	const outcome = { deltas: [], chunks: 0, raw: [], items: [], completion: undefined, error: undefined };
	try {
		await run(client, vector, outcome, trilogue.rawJSON);
	} catch (error) {
		if (!(error instanceof trilogue.APIError)) throw error;
		outcome.error = error;
	}
	const log = await loadJSON(`${server}/log/${nonce}`);
	check(vector.expect, outcome, log);
}

/** The call of a user for an endpoint. */
function method(client, endpoint) {
	if (endpoint.startsWith("models/")) return () => client.models.retrieve(endpoint.slice("models/".length));
	const methods = {
		chat: (request) => client.chat.completions.create(request),
		messages: (request) => client.messages.create(request),
		count_tokens: (request) => client.messages.countTokens(request),
		models: (request) => client.models.list(request),
	};
	return methods[endpoint];
}

async function run(client, { endpoint, request }, outcome, rawJSON) {
	const reply = await method(client, endpoint)(request);
	if (!request.stream) {
		outcome.completion = reply;
		return;
	}
	for await (const item of reply) {
		outcome.chunks += 1;
		outcome.raw.push(rawJSON(item) ?? null);
		outcome.items.push(item);
		const chat = item.choices?.find((choice) => choice.index === 0)?.delta.content;
		const text = item.type === "content_block_delta" ? item.delta.text : chat;
		if (text) outcome.deltas.push(text);
	}
	outcome.completion = await reply.snapshot();
}

/** Converts the options of a vector to the names of JavaScript, and seconds to milliseconds. */
function camelCase(options) {
	const renamed = Object.entries(options).map(([name, value]) => [
		name.replace(/^base_url$/, "baseURL").replace(/_([a-z])/g, (_, letter) => letter.toUpperCase()),
		name === "fallbacks" ? value.map(camelCase) : /timeout$|retry_after$/.test(name) ? value * 1000 : value,
	]);
	return Object.fromEntries(renamed);
}

function check(expect, outcome, log) {
	if (outcome.error && !expect.error) throw new Error(`unexpected ${outcome.error.name}: ${outcome.error.message}`);
	if (!outcome.error && expect.error) throw new Error(`no error, expected ${JSON.stringify(expect.error)}`);
	if (expect.error) checkError(expect.error, outcome.error);
	for (const name of ["deltas", "chunks", "raw", "items", "completion"]) {
		if (name in expect) subset(expect[name], outcome[name], name);
	}
	for (const [name, value] of Object.entries(expect.request ?? {})) {
		subset(value, name === "count" ? log.length : log.at(-1)?.[name], `request.${name}`);
	}
}

const errorNames = { kind: "name", request_id: "requestID", retries_taken: "retriesTaken" };

function checkError(expected, error) {
	for (const [name, value] of Object.entries(expected)) {
		const actual = error[errorNames[name] ?? name];
		if (name === "message") {
			const part = value.javascript ?? value;
			if (!actual.includes(part)) throw new Error(`message ${JSON.stringify(actual)} lacks ${JSON.stringify(part)}`);
		} else {
			subset(value, actual, `error.${name}`);
		}
	}
}

function subset(expected, actual, path) {
	const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
	if (isObject(expected) && isObject(actual)) {
		for (const [name, value] of Object.entries(expected)) subset(value, actual[name] ?? null, `${path}.${name}`);
	} else if (Array.isArray(expected) && Array.isArray(actual) && expected.length === actual.length) {
		expected.forEach((value, place) => void subset(value, actual[place], `${path}[${place}]`));
	} else if (expected !== actual) {
		throw new Error(`${path} is ${JSON.stringify(actual)}, expected ${JSON.stringify(expected)}`);
	}
}
