// @anthropic-ai/sdk, Anthropic's own client.

import Anthropic from "@anthropic-ai/sdk";
import { apiKey, messages, Seen, schema } from "./common.mjs";

const tools = [{ name: "emit_report", input_schema: schema }];

export function make(url) {
	const client = new Anthropic({ baseURL: url, apiKey, maxRetries: 0 });
	const body = (model) => ({ model, messages, max_tokens: 1000 });
	const open = (model) => client.messages.create({ ...body(model), stream: true });
	return {
		open,
		says: (event) => event.type === "content_block_delta" && event.delta.type === "text_delta",
		async stream(model) {
			let seen = 0;
			for await (const event of await open(model)) {
				if (event.type === "content_block_delta" && event.delta.type === "text_delta") seen++;
			}
			return seen;
		},
		async whole(model) {
			return (await client.messages.create(body(model))).content[0].text.length;
		},
		/** Only for tools: it has no partial values of answers. */
		async partials(model) {
			const seen = new Seen();
			const stream = client.messages.stream({ ...body(model), tools });
			stream.on("inputJson", (_, value) => seen.read(value));
			await stream.finalMessage();
			return seen;
		},
	};
}
