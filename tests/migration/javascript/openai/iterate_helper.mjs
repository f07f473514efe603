import OpenAI from "openai";

const client = new OpenAI();

const stream = client.chat.completions.stream({
	model: "gpt-4",
	messages: [{ role: "user", content: "Say hello there!" }],
});
for await (const chunk of stream) process.stdout.write(chunk.choices[0]?.delta?.content || "");
console.log();
console.log((await stream.finalChatCompletion()).choices[0].message.content);
