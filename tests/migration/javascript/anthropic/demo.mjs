import Anthropic from "@anthropic-ai/sdk";

const client = new Anthropic(); // gets API Key from environment variable ANTHROPIC_API_KEY

async function main() {
	const result = await client.messages.create({
		messages: [{ role: "user", content: "Hey Claude!?" }],
		model: "claude-opus-4-6",
		max_tokens: 1024,
	});
	console.dir(result.content);
	console.log(result.stop_reason, result.usage.output_tokens);
}

main();
