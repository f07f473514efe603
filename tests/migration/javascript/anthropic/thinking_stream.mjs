import Anthropic from "@anthropic-ai/sdk";

const client = new Anthropic();

let thinkingState = "not-started";

const stream = client.messages
	.stream({
		model: "claude-haiku-4-5",
		max_tokens: 3200,
		thinking: { type: "enabled", budget_tokens: 1600 },
		messages: [{ role: "user", content: "Create a haiku about Anthropic." }],
	})
	.on("thinking", (thinking, snapshot) => {
		if (thinkingState === "not-started") {
			console.log("Thinking:\n---------");
			thinkingState = "started";
		}
		console.log(thinking, "|", snapshot);
	})
	.on("signature", (signature) => console.log("signature", signature))
	.on("text", (text) => {
		if (thinkingState !== "finished") {
			console.log("\n\nText:\n-----");
			thinkingState = "finished";
		}
		process.stdout.write(text);
	});

const finalMessage = await stream.finalMessage();
console.log("\n\nFinal message object:\n--------------------", finalMessage.content.map(({ type }) => type));
