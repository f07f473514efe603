import OpenAI from "openai";

const client = new OpenAI();

const completion = await client.chat.completions.create({
	model: "gpt-4o",
	messages: [
		{ role: "developer", content: "Talk like a pirate." },
		{ role: "user", content: "Are semicolons optional in JavaScript?" },
	],
});
console.log(completion.choices[0].message.content);
console.log(completion.usage.total_tokens, completion.usage.prompt_tokens_details.cached_tokens);
