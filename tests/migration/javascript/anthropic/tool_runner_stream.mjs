import Anthropic from "@anthropic-ai/sdk";
import { betaZodTool } from "@anthropic-ai/sdk/helpers/beta/zod";
import { z } from "zod";

const client = new Anthropic();

const runner = client.beta.messages.toolRunner({
	thread: false,
	model: "claude-opus-4-6",
	max_tokens: 1000,
	stream: true,
	messages: [{ role: "user", content: "Weather in Paris?" }],
	tools: [
		betaZodTool({
			name: "get_weather",
			description: "Get the weather",
			inputSchema: z.object({ location: z.string() }),
			run: ({ location }) => `Rain in ${location}`,
		}),
	],
});
for await (const stream of runner) {
	for await (const event of stream) {
		if (event.type === "content_block_delta") console.log(event.delta.text ?? event.delta.partial_json);
	}
	console.log((await stream.finalMessage()).stop_reason);
}
