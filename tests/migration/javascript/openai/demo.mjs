import OpenAI from "openai";

const client = new OpenAI();

async function main() {
	const result = await client.chat.completions
		.stream({ model: "gpt-4o", messages: [{ role: "user", content: "Say this is a test" }] })
		.on("message", (message) => console.log(message.role, message.content))
		.on("content", (diff) => process.stdout.write(diff))
		.on("end", () => console.log("end"));
	await result.finalChatCompletion();
	console.log(result.messages.length, result.ended, result.errored);
}

main();
