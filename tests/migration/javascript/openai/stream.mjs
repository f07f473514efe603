import OpenAI from "openai";

const openai = new OpenAI();

const stream = await openai.chat.completions.create({
	model: "gpt-4",
	messages: [{ role: "user", content: "Say this is a test" }],
	stream: true,
});
for await (const part of stream) process.stdout.write(part.choices[0]?.delta?.content || "");
process.stdout.write("\n");
