// Prints the cost of loading a package and making a client in a fresh process, as one line of JSON: CPU, time, memory.
//
// Imports nothing else before: a module that is already loaded would cost nothing.

const apiKey = "sk-bench";
const baseURL = "http://127.0.0.1:9/v1";
const packages = {
	trilogue: async () => new (await import("trilogue")).Client({ apiKey, baseURL }),
	"trilogue by require": async () => {
		const { createRequire } = process.getBuiltinModule("node:module");
		return new (createRequire(import.meta.url)("trilogue").Client)({ apiKey, baseURL });
	},
	openai: async () => new (await import("openai")).OpenAI({ apiKey, baseURL }),
	anthropic: async () => new (await import("@anthropic-ai/sdk")).Anthropic({ apiKey, baseURL }),
	ai: async () => {
		await import("ai");
		return (await import("@ai-sdk/openai-compatible")).createOpenAICompatible({ name: "bench", apiKey, baseURL });
	},
	http: async () => new (await import("node:http")).Agent(),
};

const load = packages[process.argv[2]];
const before = process.memoryUsage.rss();
const used = process.cpuUsage();
const start = performance.now();
await load();
const { user, system } = process.cpuUsage(used);
const wall = performance.now() - start;
const mb = (process.memoryUsage.rss() - before) / 2 ** 20;
console.log(JSON.stringify({ cpu_ms: (user + system) / 1e3, wall_ms: wall, mb }));
