import OpenAI from "openai";

const client = new OpenAI();

const completion = await client.chat.completions.parse({
	model: "gpt-4o",
	messages: [{ role: "user", content: "Hello" }],
});
console.log(completion.choices[0].message.content, completion.choices[0].message.parsed);
