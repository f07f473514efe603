import OpenAI from "openai";

const client = new OpenAI();

const controller = new AbortController();
controller.abort();
try {
	await client.chat.completions.create(
		{ model: "gpt-4", messages: [{ role: "user", content: "Hi" }] },
		{ signal: controller.signal },
	);
} catch (error) {
	console.log(error instanceof OpenAI.APIUserAbortError, error.constructor.name);
}
const stream = await client.chat.completions.create({
	model: "gpt-4",
	messages: [{ role: "user", content: "Say this is a test" }],
	stream: true,
});
for await (const chunk of stream) {
	if (chunk.choices[0]?.delta?.content) break;
}
console.log("left");
