// `trilogue/ai-sdk` with the AI SDK, and the examples with dependencies of their own: the Vercel AI SDK, and servers that relay a stream to a page.
//
// Runs the examples unchanged, against a scripted model.

import { spawn } from "node:child_process";
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { output, same } from "./spawn.mjs";

const usage = { prompt_tokens: 5, completion_tokens: 7, total_tokens: 12 };
const about = { id: "c", created: 1, model: "m" };
const whole = (content) => ({
	headers: { "content-type": "application/json" },
	body: [
		JSON.stringify({
			...about,
			object: "chat.completion",
			choices: [{ index: 0, message: { role: "assistant", content }, finish_reason: "stop" }],
			usage,
		}),
	],
});
const streamed = (deltas, reason = "stop") => {
	const chunk = { ...about, object: "chat.completion.chunk" };
	const chunks = deltas.map((delta) => ({ ...chunk, choices: [{ index: 0, delta, finish_reason: null }] }));
	chunks.push({ ...chunk, choices: [{ index: 0, delta: {}, finish_reason: reason }] }, { ...chunk, choices: [], usage });
	return { body: [...chunks.map((one) => `data: ${JSON.stringify(one)}\n\n`), "data: [DONE]\n\n"] };
};
const called = { index: 0, id: "call_1", type: "function", function: { name: "weather", arguments: "" } };
const scenarios = {
	"ai-sdk": [
		whole("Hello."),
		streamed([{ reasoning_content: "Short." }, { content: "Hel" }, { content: "lo." }]),
		streamed(
			[{ tool_calls: [called] }, { tool_calls: [{ index: 0, function: { arguments: '{"city":"Oslo"}' } }] }],
			"tool_calls",
		),
		streamed([{ content: "It is clear." }]),
		whole('{"dish":"soup","minutes":20}'),
	],
	"use-chat": streamed([{ reasoning_content: "Short." }, { content: "Hel" }, { content: "lo." }]),
	relay: streamed([{ content: "Hel" }, { content: "lo." }]),
	// Starts and does not end.
	begun: { body: streamed([{ content: "Hel" }]).body.slice(0, 1), end: "stall" },
	silent: { delay_ms: 60_000, body: [] },
};

export async function exampleSamples({ work, tools, program, root, typescript, chromium, playwright, samples }) {
	const require = createRequire(join(tools, "package.json"));
	const scripts = join(work, "scripts");
	mkdirSync(scripts, { recursive: true });
	for (const [name, response] of Object.entries(scenarios)) {
		writeFileSync(join(scripts, `${name}.json`), JSON.stringify({ about: "a script", response, expect: {} }));
	}
	const server = spawn(program, [scripts], { stdio: ["pipe", "pipe", "inherit"] });
	const url = await new Promise((ready) => createInterface(server.stdout).once("line", ready));
	const environment = (name) => ({ MODELSLAB_BASE_URL: `${url}/v/${name}/random/${name}`, NODE_NO_WARNINGS: "1" });

	/** An example in the project with the packages. */
	function copy(name) {
		const folder = join(tools, "samples", name);
		cpSync(join(root, "examples", name), folder, { recursive: true });
		return folder;
	}

	/** Starts the server in a folder with a scripted model. Returns its process and its address. */
	async function startServer(name, folder = copy("relay")) {
		const { PATH } = process.env;
		const env = { PATH, ...environment(name) };
		const child = spawn("node", [join(folder, "server.mjs"), "0"], { env, stdio: ["ignore", "pipe", "inherit"] });
		return { child, address: await new Promise((ready) => createInterface(child.stdout).once("line", ready)) };
	}

	/** Opens the page of a server, calls `use` with it, and ends both. */
	async function inPage({ child, address }, use) {
		const { chromium: launcher } = (await import(pathToFileURL(join(playwright, "index.js")).href)).default;
		const browser = await launcher.launch({ executablePath: chromium, args: ["--no-sandbox"] });
		try {
			const page = await browser.newPage();
			await page.goto(address);
			await use(page);
		} finally {
			await browser.close();
			child.kill();
		}
	}

	return {
		"trilogue/ai-sdk": async () => {
			const folder = samples(join(tools, "samples"));
			same((await output("node", ["ai-sdk.mjs"], { cwd: folder, env: { NODE_NO_WARNINGS: "1" } })).stdout, "12 cases");
		},
		"the Vercel AI SDK": async () => {
			const folder = copy("ai-sdk");
			const compilerOptions = {
				target: "es2022",
				module: "nodenext",
				lib: ["es2023", "dom", "dom.asynciterable"],
				types: ["node"],
				strict: true,
				skipLibCheck: true,
				rootDir: ".",
			};
			writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["main.ts"] }));
			writeFileSync(join(folder, "package.json"), '{ "private": true, "type": "module" }\n');
			await output("node", [join(typescript, "bin/tsc"), "--project", folder]);
			const { stdout } = await output("node", ["main.js"], { cwd: folder, env: environment("ai-sdk") });
			const lines = [
				"Hello. (5 in, 7 out)",
				"[Short.]Hello. (7 out, stop)",
				'weather({"city":"Oslo"})',
				"It is clear. (2 steps)",
				"soup, 20 minutes",
			];
			same(stdout, lines.join("\n"));
		},
		"a stream that a server relays to a page": async () => {
			await inPage(await startServer("relay"), async (page) => {
				await page.getByRole("button").click();
				same(await page.locator("output.done").textContent({ timeout: 30_000 }), "Hello.");
			});
		},
		"useChat of the Vercel AI SDK": async () => {
			const folder = copy("ai-sdk");
			const bundle = { bundle: true, jsx: "automatic", logLevel: "error", absWorkingDir: folder };
			await require("esbuild").build({ ...bundle, entryPoints: ["page.jsx"], outfile: join(folder, "page.js") });
			await inPage(await startServer("use-chat", folder), async (page) => {
				await page.getByLabel("Message").fill("Hi");
				await page.getByRole("button", { name: "Send" }).click();
				const answer = page.locator("article.assistant");
				await answer.getByText("Hello.").waitFor({ timeout: 30_000 });
				same(await answer.locator("details").textContent(), "Short.");
				await page.getByRole("button", { name: "Send" }).waitFor();
			});
		},
		"a page that closes its connection ends the server's request": async () => {
			for (const name of ["begun", "silent"]) {
				const { child, address } = await startServer(name);
				const requests = async () => (await (await fetch(`${url}/log/${name}`)).json()).map(({ outcome }) => outcome).join();
				const until = async (wanted) => {
					for (let tries = 0; (await requests()) !== wanted; tries += 1) {
						if (tries === 500) throw new Error(`${name}: the requests are ${await requests()}, not ${wanted}`);
						await new Promise((ready) => setTimeout(ready, 20));
					}
				};
				try {
					const controller = new AbortController();
					const page = fetch(new URL("/chat", address), { method: "POST", body: "Hi", signal: controller.signal });
					page.catch(() => undefined);
					await until("open");
					if (name === "begun") await (await page).body.getReader().read();
					controller.abort();
					await until("closed");
				} finally {
					child.kill();
				}
			}
		},
	};
}
