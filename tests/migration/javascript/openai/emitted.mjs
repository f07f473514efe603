import OpenAI from "openai";

const client = new OpenAI();

const stream = client.chat.completions.stream({
	model: "gpt-4",
	messages: [{ role: "user", content: "Say hello there!" }],
});
const message = await stream.emitted("message");
console.log(message.content);
await stream.done();
console.log(stream.allChatCompletions().length);
