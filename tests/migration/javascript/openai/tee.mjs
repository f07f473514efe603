import OpenAI from "openai";

const client = new OpenAI();

const stream = await client.chat.completions.create({
	model: "gpt-4",
	messages: [{ role: "user", content: "Say this is a test" }],
	stream: true,
});
const [left, right] = stream.tee();
const texts = async (part) => {
	let text = "";
	for await (const chunk of part) text += chunk.choices[0]?.delta?.content ?? "";
	return text;
};
console.log(await Promise.all([texts(left), texts(right)]));
