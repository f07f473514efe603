import OpenAI from "openai";

const client = new OpenAI();

const reply = await client.chat.completions.create({
	model: "gpt-4o",
	messages: [{ role: "user", content: "Hi" }],
});
console.log(reply._request_id, Object.keys(reply).includes("_request_id"));
