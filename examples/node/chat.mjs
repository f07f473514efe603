// A streamed chat: prints the tokens as they arrive.
//
// The endpoint and the key come from MODELSLAB_BASE_URL and MODELSLAB_API_KEY. Arguments: the prompt. With TRILOGUE_REPORT, the
// measurements are appended to that file as a line of JSON.

import { appendFileSync } from "node:fs";
import { APIError, Client } from "trilogue";

const prompt = process.argv[2] ?? "Explain quantum computing in simple terms";
const client = new Client();
const started = performance.now();
const seconds = () => (performance.now() - started) / 1000;
let first = null;

try {
	const stream = await client.chat.completions.create({
		model: "openai-gpt-oss-120b",
		messages: [{ role: "user", content: prompt }],
		max_tokens: 60,
		stream: true,
		stream_options: { include_usage: true },
	});
	for await (const chunk of stream) {
		const text = chunk.choices[0]?.delta.content;
		if (!text) continue;
		first ??= seconds();
		process.stdout.write(text);
	}
	console.log();
	const total = seconds();
	const { usage } = await stream.finalChatCompletion();
	if (process.env.TRILOGUE_REPORT) {
		appendFileSync(process.env.TRILOGUE_REPORT, `${JSON.stringify({ runtime: "Node", first, total, usage })}\n`);
	}
} catch (error) {
	if (!(error instanceof APIError)) throw error;
	console.error(`\n${error.name}: ${error.message}`);
	process.exitCode = 1;
}
