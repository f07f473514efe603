// What the versions of openai, OpenAI's own client, have in common: they are used alike.

import { apiKey, messages, Seen, zodSchema } from "./common.mjs";

/** `OpenAI` is the class, `helpers` imports its helpers for zod. */
export function makeWith(OpenAI, helpers, url) {
	const client = new OpenAI({ baseURL: `${url}/v1`, apiKey, maxRetries: 0, dangerouslyAllowBrowser: true });
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
		async whole(model) {
			return (await client.chat.completions.create({ model, messages })).choices[0].message.content.length;
		},
		async partials(model, mode) {
			const { zodFunction, zodResponseFormat } = await helpers();
			const parameters = await zodSchema();
			const options =
				mode === "tool"
					? { tools: [zodFunction({ name: "emit_report", parameters })] }
					: { response_format: zodResponseFormat(parameters, "report") };
			const seen = new Seen();
			const stream = client.chat.completions.stream({ model, messages, ...options });
			stream.on("tool_calls.function.arguments.delta", (event) => seen.read(event.parsed_arguments));
			stream.on("content.delta", (event) => seen.read(event.parsed));
			await stream.finalChatCompletion();
			return seen;
		},
	};
}
