import Anthropic from "@anthropic-ai/sdk";

const client = new Anthropic();

async function main() {
	const stream = client.messages
		.stream({
			messages: [{ role: "user", content: "Hey Claude! How can I recursively list all files in a directory in Rust?" }],
			model: "claude-opus-4-6",
			max_tokens: 1024,
		})
		.once("connect", () => console.log("connected"))
		.on("contentBlock", (content) => console.log("contentBlock", content))
		.on("text", (text, snapshot) => console.log("text", text, snapshot))
		.on("message", (message) => console.log("message", message.content.length, message.stop_reason))
		.on("end", () => console.log("end"));

	for await (const event of stream) if (event.type === "message_delta") console.log("event", event.delta.stop_reason);

	const message = await stream.finalMessage();
	console.log("finalMessage", message.content[0].text, message.usage.output_tokens);
	console.log(await stream.finalText(), stream.messages.length, stream.receivedMessages.length);
}

main();
