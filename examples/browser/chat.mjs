// A streamed chat in a page, as an application would write it. `show` is called with each token.

import { Client } from "trilogue";

/** Streams a reply. Returns the measurements. */
export async function chat({ baseURL, apiKey, prompt, show }) {
	const client = new Client({ baseURL, apiKey });
	const started = performance.now();
	const seconds = () => (performance.now() - started) / 1000;
	let first = null;
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
		show(text);
	}
	const total = seconds();
	const { usage } = await stream.finalChatCompletion();
	return { runtime: "Chromium", first, total, usage };
}
