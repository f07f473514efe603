import Anthropic from "@anthropic-ai/sdk";

const client = new Anthropic();

const reply = await client.messages.create({
	model: "claude-opus-4-6",
	max_tokens: 10,
	messages: [{ role: "user", content: "Hi" }],
});
console.log(reply._request_id, Object.keys(reply).includes("_request_id"));
