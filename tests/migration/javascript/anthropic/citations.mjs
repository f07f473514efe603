import Anthropic from "@anthropic-ai/sdk";

const client = new Anthropic();

const stream = client.messages
	.stream({
		model: "claude-opus-4-6",
		max_tokens: 1024,
		messages: [{ role: "user", content: "What colour is the grass?" }],
	})
	.on("citation", (citation, snapshot) => console.log(citation.cited_text, snapshot.length));
console.log((await stream.finalMessage()).content[0].citations.length);
