import Anthropic from "@anthropic-ai/sdk";

const client = new Anthropic();

const message = await client.messages.parse({
	model: "claude-opus-4-6",
	max_tokens: 1024,
	messages: [{ role: "user", content: "Hi" }],
});
console.log(message.content[0].text, message.parsed_output);
