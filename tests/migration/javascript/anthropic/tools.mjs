import Anthropic from "@anthropic-ai/sdk";

const client = new Anthropic();

const userMessage = { role: "user", content: "What is the weather in SF?" };
const tools = [
	{
		name: "get_weather",
		description: "Get the weather for a specific location",
		input_schema: { type: "object", properties: { location: { type: "string" } } },
	},
];

const message = await client.messages.create({
	model: "claude-opus-4-6",
	max_tokens: 1024,
	messages: [userMessage],
	tools,
});
console.log("Initial response:", message.stop_reason);

const tool = message.content.find((content) => content.type === "tool_use");
const result = await client.messages.create({
	model: "claude-opus-4-6",
	max_tokens: 1024,
	messages: [
		userMessage,
		{ role: message.role, content: message.content },
		{
			role: "user",
			content: [
				{ type: "tool_result", tool_use_id: tool.id, content: [{ type: "text", text: "The weather is 73f" }] },
			],
		},
	],
	tools,
});
console.log("Final response:", result.content[0].text);
