import OpenAI from "openai";

const client = new OpenAI();

const runner = client.chat.completions.stream({
	model: "gpt-4",
	messages: [{ role: "user", content: "Say hello there!" }],
});
const listener = () => console.log("never");
runner.on("content", listener).off("content", listener);
let text = "";
runner.on("content", (delta) => {
	text += delta;
});
await runner.done();
console.log(text, runner.ended, runner.aborted);
