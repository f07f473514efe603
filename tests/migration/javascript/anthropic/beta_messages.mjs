import Anthropic from "@anthropic-ai/sdk";

const client = new Anthropic();

const message = await client.beta.messages.create({
	model: "claude-opus-4-6",
	max_tokens: 100,
	betas: ["context-1m-2025-08-07"],
	messages: [{ role: "user", content: "Hello" }],
});
console.log(message.content[0].text);
const stream = client.beta.messages.stream({
	model: "claude-opus-4-6",
	max_tokens: 100,
	betas: ["context-1m-2025-08-07"],
	messages: [{ role: "user", content: "Hello" }],
});
stream.on("text", (text) => console.log(text));
await stream.done();
