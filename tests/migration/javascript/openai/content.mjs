import OpenAI from "openai";

const client = new OpenAI();

const stream = client.chat.completions.stream({
	model: "gpt-4",
	stream: true,
	messages: [{ role: "user", content: "Say hello there!" }],
});
stream.on("connect", () => console.log("connected"));
stream.on("content", (delta, snapshot) => console.log(JSON.stringify(delta), snapshot));
stream.on("content.delta", ({ delta, snapshot }) => console.log("delta", delta, snapshot));
stream.on("content.done", ({ content, parsed }) => console.log("done", content, parsed));
stream.on("chunk", (chunk, snapshot) => console.log(chunk.id, snapshot.choices[0]?.message.content));
stream.once("chunk", () => console.log("once"));
stream.on("totalUsage", (usage) => console.log(usage.total_tokens));
stream.on("finalContent", (content) => console.log("final", content));
stream.on("finalMessage", (message) => console.log("final", message.role, message.content, message.refusal));
console.log(await stream.finalContent());
const completion = await stream.finalChatCompletion();
console.log(completion.id, completion.choices[0].finish_reason);
console.log((await stream.finalMessage()).content, (await stream.totalUsage()).completion_tokens);
