import OpenAI from "openai";

const client = new OpenAI();

const completion = await client.chat.completions.create({
	model: "gpt-4o",
	messages: [{ role: "user", content: "A colour" }],
	logprobs: true,
	n: 2,
});
for (const choice of completion.choices) console.log(choice.message.content, choice.logprobs.content[0].logprob);
