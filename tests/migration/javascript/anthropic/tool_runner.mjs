import Anthropic from "@anthropic-ai/sdk";
import { betaZodTool } from "@anthropic-ai/sdk/helpers/beta/zod";
import { z } from "zod";

const client = new Anthropic();

const weather = betaZodTool({
	name: "get_weather",
	description: "Get the weather for a location",
	inputSchema: z.object({ location: z.string().describe("The city") }),
	run: ({ location }) => `It is sunny in ${location}`,
});

const message = await client.beta.messages.toolRunner({
	thread: false,
	messages: [{ role: "user", content: "What is the weather in SF?" }],
	model: "claude-opus-4-6",
	max_tokens: 1024,
	tools: [weather],
});
console.log(message.content[0].text);
