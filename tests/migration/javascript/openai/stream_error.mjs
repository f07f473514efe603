import OpenAI from "openai";

const client = new OpenAI({ maxRetries: 0 });

const body = { model: "gpt-4", messages: [{ role: "user", content: "Hello" }] };
await new Promise((resolve) => {
	client.chat.completions
		.stream(body)
		.on("error", (error) => console.log("listener", error.status, error instanceof OpenAI.APIError))
		.on("end", resolve);
});
const stream = client.chat.completions.stream(body);
stream.on("content", () => console.log("never"));
try {
	await stream.done();
} catch (error) {
	console.log("done", error.status, error.constructor.name);
}
try {
	await client.chat.completions.stream(body).finalContent();
} catch (error) {
	console.log("finalContent", error.status, error instanceof OpenAI.AuthenticationError);
}
process.once("unhandledRejection", (error) => console.log("unhandled", error.status));
client.chat.completions.stream(body).on("content", () => console.log("never"));
await new Promise((resolve) => setTimeout(resolve, 300));
