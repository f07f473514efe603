// trilogue, with chat completions.

import { Client } from "trilogue";
import { apiKey, messages, Seen, schema } from "./common.mjs";

const tools = [{ type: "function", function: { name: "emit_report", parameters: schema } }];

export function make(url) {
	const client = new Client({ baseURL: `${url}/v1`, apiKey, maxRetries: 0 });
	const open = (model) => client.chat.completions.create({ model, messages, stream: true });
	return {
		open,
		says: (chunk) => Boolean(chunk.choices[0]?.delta.content),
		async stream(model) {
			let seen = 0;
			for await (const chunk of await open(model)) {
				if (chunk.choices[0]?.delta.content) seen++;
			}
			return seen;
		},
		async text(model) {
			const stream = await open(model);
			// Versions without a stream of texts are read by chunks.
			if (!stream.textStream) return this.stream(model);
			let seen = 0;
			for await (const text of stream.textStream) if (text) seen++;
			return seen;
		},
		async whole(model) {
			return (await client.chat.completions.create({ model, messages })).choices[0].message.content.length;
		},
		async partials(model, mode) {
			const seen = new Seen();
			const kind = mode === "tool" ? "tool_calls.function.arguments.delta" : "content.delta";
			const options = mode === "tool" ? { tools } : { response_format: schema };
			const stream = client.chat.completions.stream({ model, messages, ...options });
			for await (const event of stream) if (event.type === kind) seen.read(event.parsed);
			await stream.finalChatCompletion();
			return seen;
		},
	};
}
