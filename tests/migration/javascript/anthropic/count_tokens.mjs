import Anthropic from "@anthropic-ai/sdk";

const client = new Anthropic();

const { input_tokens } = await client.messages.countTokens({
	messages: [{ role: "user", content: "Hey Claude!?" }],
	model: "claude-opus-4-6",
});
console.log(input_tokens);
