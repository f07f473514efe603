import Anthropic from "@anthropic-ai/sdk";

const client = new Anthropic();

const stream = client.messages.stream({
	model: "claude-opus-4-6",
	max_tokens: 10,
	messages: [{ role: "user", content: "Hello" }],
});
stream.on("text", () => console.log(stream.currentMessage.content[0].text));
await stream.emitted("end");
console.log(stream.ended, stream.errored, stream.aborted);
