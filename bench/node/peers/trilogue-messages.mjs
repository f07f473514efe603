// trilogue, with messages in Anthropic's format.

import { Client } from "trilogue";
import { apiKey, messages, Seen, schema } from "./common.mjs";

const tools = [{ name: "emit_report", input_schema: schema }];

export function make(url) {
	const client = new Client({ baseURL: `${url}/v1`, apiKey, maxRetries: 0 });
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
		async partials(model, mode) {
			const seen = new Seen();
			const kind = mode === "tool" ? "input_json" : "text";
			const options = mode === "tool" ? { tools } : { output_format: schema };
			const stream = client.messages.stream({ ...body(model), ...options });
			for await (const event of stream) if (event.type === kind) seen.read(event.parsed);
			await stream.finalMessage();
			return seen;
		},
	};
}
