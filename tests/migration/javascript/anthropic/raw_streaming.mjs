import Anthropic from "@anthropic-ai/sdk";

const client = new Anthropic();

const stream = await client.messages.create({
	model: "claude-opus-4-6",
	stream: true,
	max_tokens: 500,
	messages: [{ role: "user", content: "Hey Claude!" }],
});
for await (const event of stream) {
	if (event.type === "content_block_delta" && event.delta.type === "text_delta") process.stdout.write(event.delta.text);
}
process.stdout.write("\n");
