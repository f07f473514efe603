import Anthropic from "@anthropic-ai/sdk";
import { betaTool } from "@anthropic-ai/sdk/helpers/beta/json-schema";

const client = new Anthropic();

const runner = client.beta.messages.toolRunner({
	thread: false,
	messages: [{ role: "user", content: "What is the weather in SF?" }],
	tools: [
		betaTool({
			name: "get_weather",
			description: "Get the weather",
			inputSchema: { type: "object", properties: { location: { type: "string" } }, required: ["location"] },
			run: ({ location }, context) => [{ type: "text", text: `${location}: ${typeof context?.toolUse?.id}` }],
		}),
	],
	model: "claude-opus-4-6",
	max_tokens: 1024,
	max_iterations: 3,
});
for await (const message of runner) console.log(message.role, message.content.map(({ type }) => type));
console.log((await runner.done()).content[0].text, runner.params.messages.length);
