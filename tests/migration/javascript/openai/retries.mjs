import OpenAI from "openai";

const client = new OpenAI({ maxRetries: 2, timeout: 20 * 1000, defaultHeaders: { "x-team": "blue" } });

const completion = await client.chat.completions.create(
	{ model: "gpt-4o", messages: [{ role: "user", content: "Hi" }] },
	{ maxRetries: 3, headers: { "x-trace": "1" }, timeout: 5000 },
);
console.log(completion.choices[0].message.content);
