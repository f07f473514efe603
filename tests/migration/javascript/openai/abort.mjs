import OpenAI from "openai";

const client = new OpenAI();

const stream = client.chat.completions.stream({
	model: "gpt-4",
	messages: [{ role: "user", content: "Say hello there!" }],
});
stream.on("abort", (error) => console.log("abort", error instanceof OpenAI.APIUserAbortError));
stream.on("end", () => console.log("end", stream.aborted));
stream.on("connect", () => stream.abort());
try {
	await stream.done();
} catch (error) {
	console.log(error.constructor.name);
}
