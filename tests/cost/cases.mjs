// The tests of the catalogue, costs and budgets in JavaScript: the same file runs in Node and in a page.
//
// Uses the installed package, which is passed as a value, over a real socket, and nothing else but `fetch`.

import { all, equal, fails, ok } from "../structured/checks.mjs";

const model = "openai-gpt-oss-120b";
const ask = { model, messages: [{ role: "user", content: "Hi" }] };
const message = { ...ask, max_tokens: 100 };

/** The cases by name. `own`: a client without a catalogue option. */
const cases = {
	async "a million tokens each"({ trilogue }) {
		const catalog = await trilogue.loadCatalog();
		equal(catalog.get(model).cost({ inputTokens: 1_000_000, outputTokens: 1_000_000 }), "0.229");
		equal([catalog.size, catalog.date, catalog.has(model), catalog.has("gpt")], [19, "2026-11-24", true, false]);
		equal([...catalog].filter(({ prices }) => prices).map(({ id }) => id), [model]);
		equal(catalog.get("xiaomi-mimo-v2-pro").cost({ inputTokens: 1 }), null);
		equal(catalog.related("xiaomi-mimo-v2-pro")[0].id, "xiaomi-mimo-v2-omni");
		equal(catalog.get(model).parameters.temperature.default, 0.7);
		equal(JSON.parse(JSON.stringify(catalog)).models[0].id, model);
		equal(JSON.stringify(await trilogue.loadCatalog(catalog.toJSON())), JSON.stringify(catalog));
	},

	async "lookups in any catalogue"({ trilogue, shared }) {
		const catalog = await trilogue.loadCatalog(shared.models);
		const ids = (models) => models.map(({ id }) => id);
		for (const [query, found] of Object.entries(shared.search)) equal(ids(catalog.search(query)), found, query);
		for (const [id, found] of Object.entries(shared.related)) equal(ids(catalog.related(id)), found, id);
		for (const { others, id, merged } of shared.merge) {
			const data = (await catalog.merge(others)).get(id);
			for (const [name, value] of Object.entries(merged)) equal(data[name] ?? null, value, `${id}.${name}`);
		}
		for (const models of shared.refused) await fails(trilogue.loadCatalog(models), "ConfigurationError");
		for (const { prices, tokens, total } of shared.costs) {
			const priced = await trilogue.loadCatalog([{ id: "x", prices }]);
			const counts = Object.entries(tokens).map(([name, count]) => [name.replace(/_(.)/g, (_, one) => one.toUpperCase()), count]);
			equal(priced.get("x").cost(Object.fromEntries(counts)), total);
		}
		await fails((async () => (await trilogue.loadCatalog()).get(model).cost({ inputTokens: -1 }))(), "InvalidRequestError");
	},

	async "models that an endpoint lists"({ trilogue, client }) {
		const catalog = await trilogue.loadCatalog();
		const merged = await catalog.merge(await client("models").models.list());
		equal([merged.size, catalog.size, merged.get(model).owned_by], [20, 19, "x"]);
		equal(merged.get("new").cost({ inputTokens: 1_000_000, outputTokens: 1_000_000 }), "3");
	},

	async "a completion"({ client }) {
		const one = client("whole");
		const { cost } = await one.chat.completions.create(ask);
		equal(cost, { total: "0.229", input: "0.039", output: "0.19", reasoning: "0.076", source: "catalog" });
		const { total, calls, unknown, budget } = one.spent;
		equal([total, calls, unknown, budget], ["0.229", 1, 0, null]);
	},

	async "prices of the caller"({ own }) {
		const prices = { [model]: { input: 1, output: "10", cache_read: 0.1, cache_write: "1.25" } };
		const { cost } = await own("messages", { prices }).messages.create(message);
		equal([cost.total, cost.cache_read, cost.cache_write, cost.source], ["0.000178", "0.000003", "0.000025", "prices"]);
	},

	async "a cost that the provider reports"({ client }) {
		const { cost } = await client("provider").chat.completions.create(ask);
		equal(cost, { total: "0.00014", source: "provider" });
	},

	async "an unknown cost has a reason"({ client }) {
		const unreported = (await client("unreported").chat.completions.create(ask)).cost;
		equal(unreported.total, null);
		ok(unreported.reason.includes("no usage"), unreported.reason);
		const unpriced = (await client("other").chat.completions.create({ ...ask, model: "other" })).cost;
		equal(unpriced.total, null);
		ok(unpriced.reason.includes("the price of other is unknown"), unpriced.reason);
	},

	async "streams"({ client }) {
		const one = client("streamed");
		const stream = await one.chat.completions.create({ ...ask, stream: true });
		equal((await stream.final()).cost.total, "0.000229");
		const completion = await one.chat.completions.stream(ask).finalChatCompletion();
		ok(completion.cost.reason.includes("include_usage"), completion.cost.reason);
		equal([one.spent.total, one.spent.calls, one.spent.unknown], ["0.000229", 2, 1]);
	},

	async "the cost of a truncated reply"({ client }) {
		const one = client("cut");
		const stream = await one.messages.create({ ...message, stream: true });
		const error = await fails(all(stream), "IncompleteStreamError");
		equal(error.partial.cost.total, "0.03900019");
		equal(one.spent.total, "0.03900019");
	},

	async "an estimate"({ client, log }) {
		const one = client("small");
		const { input, output, total, input_tokens, output_tokens, basis } = one.chat.completions.estimate({ ...ask, max_tokens: 1000 });
		equal([output, output_tokens, basis], ["0.00019", 1000, "bytes"]);
		ok(input_tokens > 256 && Number(total) > Number(input), "it has parts");
		ok(one.messages.estimate({ ...message, model: "other" }).reason.includes("the price of other is unknown"), "no price");
		equal(await log("small"), []);
		await fails((async () => one.chat.completions.estimate({ model, messages: [] }))(), "InvalidRequestError");
	},

	async "a stream that would exceed its budget"({ client, log }) {
		const stream = await client("endless").chat.completions.create({ ...ask, stream: true }, { budget: "0.001" });
		const error = await fails(all(stream), "BudgetExceededError", "$0.000");
		const words = error.partial.choices[0].message.content.split(" ").length;
		ok(words > 2500 && words < 0.001 / 0.19e-6, `${words} words`);
		equal((await ended(() => log("endless"))).outcome, "closed");
	},

	async "a request over the budget is not sent"({ client, log }) {
		const one = client("small", { budget: 0.001 });
		await fails(one.chat.completions.create({ ...ask, max_tokens: 10_000 }), "BudgetExceededError", "max_tokens");
		await fails(one.chat.completions.create({ ...ask, max_tokens: 10 }, { budget: "0" }), "BudgetExceededError");
		await fails(one.chat.completions.create({ ...ask, model: "other" }), "InvalidRequestError", "is unknown");
		equal(await log("small"), []);
		await one.chat.completions.create({ ...ask, max_tokens: 1000 });
		equal(one.spent.budget, { limit: "0.001", spent: "0.00000229", reserved: "0", left: "0.00099771" });
	},

	async "a cancelled call releases its reservation"({ client }) {
		const one = client("open", { budget: "0.001" });
		for (const ending of ["close", "abort", "leave"]) {
			const stream = await one.chat.completions.create({ ...ask, stream: true });
			equal(one.spent.budget.left, "0");
			for await (const _ of stream) {
				if (ending === "close") stream.close();
				if (ending === "abort") stream.controller.abort();
				break;
			}
			// At once: the next request need not wait.
			equal(one.spent.budget.reserved, "0", ending);
			ok(Number(one.spent.budget.left) > 0.0009, ending);
		}
		const slow = client("slow", { budget: "0.001" });
		const signal = AbortSignal.timeout(100);
		await fails(slow.chat.completions.create({ ...ask, max_tokens: 1000 }, { signal }), "APIUserAbortError");
		await until(() => slow.spent.budget.reserved === "0");
		equal(slow.spent.budget.left, "0.001");
	},

	async "many calls share a budget"({ client, log }) {
		const one = client("many", { budget: "0.002" });
		const answers = await Promise.allSettled(
			Array.from({ length: 40 }, () => one.chat.completions.create({ ...ask, max_tokens: 1000 })),
		);
		const answered = answers.filter(({ status }) => status === "fulfilled").length;
		ok(answers.every(({ reason }) => !reason || reason.name === "BudgetExceededError"), "only the budget refuses");
		ok(answered >= 5 && answered <= 10, `${answered} answers`);
		equal((await log("many")).length, answered);
		equal(one.spent.budget.reserved, "0");
		ok(Number(one.spent.budget.spent) <= 0.002, "it isn't passed");
	},

	async "wrong options"({ trilogue, own }) {
		const refused = (options) => fails((async () => own("small", options))(), "ConfigurationError");
		for (const budget of ["much", -1, true, "1e99"]) await refused({ budget });
		await refused({ prices: { m: { input: "1" } } });
		await refused({ catalog: { models: [{ name: "x" }] } });
		await fails(own("small").chat.completions.create(ask, { budget: "much" }), "ConfigurationError");
		const catalog = await trilogue.loadCatalog([]);
		const { cost } = await own("small", { catalog }).chat.completions.create(ask);
		equal(cost.total, null);
	},

	async "without a catalogue"({ own, runtime }) {
		// Only a page must load it.
		const { cost } = await own("small").chat.completions.create(ask);
		equal(cost.total, runtime === "node" ? "0.00000229" : null);
	},
};

async function until(holds) {
	for (let tries = 0; tries < 500 && !holds(); tries += 1) await new Promise((ready) => setTimeout(ready, 10));
}

/** The log entry of the first request, after its response has ended. */
async function ended(log) {
	for (let tries = 0; tries < 500; tries += 1) {
		const [entry] = await log();
		if (entry.outcome !== "open") return entry;
		await new Promise((ready) => setTimeout(ready, 10));
	}
	throw new Error("the connection stays open");
}

/** Runs every case. Returns the counts and the failures. `run`: a unique name; `shared`: the cases of every language. */
export async function runAll(runtime, run, trilogue, server, shared) {
	const failures = [];
	const catalog = runtime === "node" ? undefined : await trilogue.loadCatalog();
	for (const [place, [name, test]] of Object.entries(cases).entries()) {
		const nonce = (scenario) => `${run}-${place}-${scenario}`;
		const own = (scenario, options) =>
			new trilogue.Client({ maxRetries: 0, ...options, baseURL: `${server}/v/${scenario}/pieces/${nonce(scenario)}` });
		const client = (scenario, options) => own(scenario, { catalog, ...options });
		const log = async (scenario) => (await fetch(`${server}/log/${nonce(scenario)}`)).json();
		try {
			await test({ trilogue, runtime, client, own, log, shared });
		} catch (error) {
			failures.push(`${run}: ${name}: ${error?.stack ?? error}`);
		}
	}
	const count = Object.keys(cases).length;
	return { passed: count - failures.length, failed: failures.length, failures };
}
