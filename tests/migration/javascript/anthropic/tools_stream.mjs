import Anthropic from "@anthropic-ai/sdk";

const client = new Anthropic();

const stream = client.messages
	.stream({
		messages: [{ role: "user", content: "What is the weather in SF?" }],
		tools: [
			{
				name: "get_weather",
				description: "Get the weather at a specific location",
				input_schema: { type: "object", properties: { location: { type: "string" } } },
			},
		],
		model: "claude-opus-4-6",
		max_tokens: 1024,
	})
	.on("inputJson", (delta, snapshot) => console.log("delta:", delta, "snapshot:", snapshot))
	.on("streamEvent", (event, snapshot) => console.log(event.type, snapshot.content.length));
await stream.done();
const message = await stream.finalMessage();
console.log(message.content[0].input, message.stop_reason);
