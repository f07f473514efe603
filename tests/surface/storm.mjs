// A storm: ten thousand calls of every kind, each cancelled at a time that a seeded generator chooses.
//
// At any time, a call must end with a reply or with an `APIUserAbortError`; the hosts check that nothing is thrown elsewhere. The
// same file runs in Node over both modules and in a page.

const rounds = 100;
const perRound = 100;
const body = { model: "m", messages: [{ role: "user", content: "Hi" }] };
const message = { ...body, max_tokens: 100 };

/** Numbers from 0 to 1, the same ones for a seed in every runtime (mulberry32). */
function generator(seed) {
	let state = seed;
	return () => {
		state = (state + 0x6d2b79f5) | 0;
		let mixed = Math.imul(state ^ (state >>> 15), state | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
}

const drain = async (items) => {
	for await (const _ of items);
};
const read = async (stream) => {
	const reader = stream.getReader();
	while (!(await reader.read()).done);
};

/** The kinds of calls; each takes a client and the options with the signal, and `early`, which may abort at the first item. */
const kinds = {
	whole: ({ chat }, options) => chat.completions.create(body, options),
	response: ({ messages }, options) => messages.create(message, options).withResponse(),
	chunks: async ({ chat }, options, early) => {
		for await (const _ of await chat.completions.create({ ...body, stream: true }, options)) early();
	},
	events: async ({ messages }, options, early) => {
		for await (const _ of (await messages.create({ ...message, stream: true }, options)).events) early();
	},
	texts: async ({ chat }, options, early) => {
		for await (const _ of (await chat.completions.create({ ...body, stream: true }, options)).textStream) early();
	},
	helper: async ({ chat }, options, early) => {
		for await (const _ of chat.completions.stream(body, options)) early();
	},
	final: ({ messages }, options) => messages.stream(message, options).final(),
	elements: ({ chat }, options) =>
		drain(chat.completions.stream({ ...body, response_format: { type: "json_object" } }, options).elements("")),
	tee: async ({ chat }, options) => {
		const [left, right] = (await chat.completions.create({ ...body, stream: true }, options)).tee();
		await Promise.all([drain(left), drain(right)]);
	},
	bytes: async ({ chat }, options) => read(chat.completions.stream(body, options).toReadableStream()),
	run: ({ chat }, options) => chat.completions.runTools({ ...body, tools: [] }, options).final(),
	models: ({ models }, options) => drain(models.list({}, options)),
};

/** The kinds that end by themselves. */
const finite = ["whole", "response", "models"];

/** The ways to cancel a call; each takes the controller of its signal, a number from 0 to 1 and the kind, and returns the action at the first item. */
const cancellations = {
	before: (controller) => controller.abort(),
	now: (controller) => void Promise.resolve().then(() => controller.abort()),
	soon: async (controller, random) => {
		for (let turns = random * 40; turns > 0; turns -= 1) await undefined;
		controller.abort();
	},
	later: (controller, random) => void setTimeout(() => controller.abort(new Error("late")), random * 6),
	first: (controller) => () => controller.abort(),
	never: (controller, _random, kind) => void (finite.includes(kind) || setTimeout(() => controller.abort(), 20)),
};

/** Runs the storm. Returns the failures. `url` is that of `storm-server.mjs`. */
export async function storm(trilogue, url) {
	const random = generator(16);
	const pick = (table) => {
		const names = Object.keys(table);
		return names[Math.floor(random() * names.length)];
	};
	const client = new trilogue.Client({ baseURL: url, maxRetries: 0, apiKey: async () => "k" });
	const plain = new trilogue.Client({ baseURL: url, maxRetries: 0 });
	const failures = [];
	const ends = { answered: 0, aborted: 0 };

	async function call(shared) {
		const [kind, when] = [pick(kinds), pick(cancellations)];
		const own = shared ?? new AbortController();
		let signal = own.signal;
		let early = () => undefined;
		if (!shared) {
			if (when === "later" && random() < 0.5) signal = AbortSignal.timeout(Math.floor(random() * 6));
			else if (when === "before") own.abort();
		}
		const outcome = kinds[kind](random() < 0.5 ? client : plain, { signal }, () => early());
		if (!shared && when !== "before") {
			const first = cancellations[when](own, random(), kind);
			if (typeof first === "function") {
				early = first;
				// Some streams have no item.
				cancellations.never(own, 0, kind);
			}
		}
		try {
			await outcome;
			ends.answered += 1;
			if (when === "before" && !shared) failures.push(`${kind}: answered, though it was aborted before`);
		} catch (error) {
			ends.aborted += 1;
			if (!(error instanceof trilogue.APIUserAbortError)) failures.push(`${kind}, ${when}: ${error?.stack ?? error}`);
		}
	}

	for (let round = 0; round < rounds; round += 1) {
		// A quarter of the calls shares one signal.
		const shared = new AbortController();
		const calls = Array.from({ length: perRound }, (_, place) => call(place % 4 === 0 ? shared : undefined));
		setTimeout(() => shared.abort(), random() * 6);
		await Promise.all(calls);
	}
	if (ends.answered === 0 || ends.aborted < rounds * perRound * 0.5) failures.push(`the ends are ${JSON.stringify(ends)}`);
	const { open } = await settled(url);
	if (open > 0) failures.push(`${open} requests are still open`);
	return { passed: failures.length ? 0 : 1, failed: failures.length, failures: failures.slice(0, 10), ends };
}

/** Waits for a while until the server has no open request. */
async function settled(url) {
	for (let tries = 0; ; tries += 1) {
		const counts = await (await fetch(`${url}/counts`)).json();
		if (counts.open === 0 || tries === 500) return counts;
		await new Promise((ready) => setTimeout(ready, 20));
	}
}
