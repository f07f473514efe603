import Anthropic from "@anthropic-ai/sdk";

const client = new Anthropic({ maxRetries: 0 });

const body = { model: "claude-opus-4-6", max_tokens: 10, messages: [{ role: "user", content: "Hello" }] };
try {
	await client.messages.stream(body).on("text", () => console.log("never")).finalMessage();
} catch (error) {
	console.log(error.status, error.constructor.name);
}
await new Promise((resolve) => {
	client.messages
		.stream(body)
		.on("error", (error) => console.log("listener", error.status))
		.on("end", resolve);
});
