// ai, Vercel's AI SDK, over its provider for servers that speak chat completions.

import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { generateText, Output, readUIMessageStream, streamText, tool } from "ai";
import { apiKey, messages, Seen, zodSchema } from "./common.mjs";

export function make(url) {
	const provider = createOpenAICompatible({
		name: "bench",
		baseURL: `${url}/v1`,
		apiKey,
		supportsStructuredOutputs: true,
	});
	const body = (model) => ({ model: provider(model), messages, maxRetries: 0 });
	const open = (model) => streamText(body(model)).textStream;
	return {
		open,
		says: (text) => text.length > 0,
		async stream(model) {
			let seen = 0;
			for await (const text of open(model)) if (text) seen++;
			return seen;
		},
		async whole(model) {
			return (await generateText(body(model))).text.length;
		},
		async partials(model, mode) {
			const seen = new Seen();
			const inputSchema = await zodSchema();
			if (mode === "json") {
				const result = streamText({ ...body(model), output: Output.object({ schema: inputSchema }) });
				for await (const value of result.partialOutputStream) seen.read(value);
				return seen;
			}
			// As its hook for chats does: the tool's input is parsed into the message at each delta.
			const result = streamText({ ...body(model), tools: { emit_report: tool({ inputSchema }) } });
			for await (const message of readUIMessageStream({ stream: result.toUIMessageStream() })) {
				seen.read(message.parts.find((part) => part.type === "tool-emit_report")?.input);
			}
			return seen;
		},
	};
}
