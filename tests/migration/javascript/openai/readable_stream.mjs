import OpenAI from "openai";

const client = new OpenAI();

const stream = client.chat.completions.stream({
	model: "gpt-4",
	messages: [{ role: "user", content: "Say this is a test" }],
});
const reader = stream.toReadableStream().getReader();
const decoder = new TextDecoder();
let rest = "";
for (;;) {
	const { done, value } = await reader.read();
	if (done) break;
	rest += decoder.decode(value, { stream: true });
	const lines = rest.split("\n");
	rest = lines.pop();
	for (const line of lines) console.log(JSON.parse(line).choices[0]?.delta.content);
}
