import OpenAI from "openai";

const openai = new OpenAI();

const runner = openai.chat.completions
	.runTools({
		model: "gpt-4o",
		stream: true,
		messages: [{ role: "user", content: "How is the weather this week?" }],
		tools: [
			{
				type: "function",
				function: {
					function: function get_weather(args, { controller }) {
						return `sunny, ${args}, ${controller instanceof AbortController}`;
					},
					parameters: { type: "object", properties: {} },
				},
			},
		],
	})
	.on("functionToolCall", (call) => console.log("functionToolCall", call))
	.on("functionToolCallResult", (result) => console.log("functionToolCallResult", result))
	.on("content", (diff) => process.stdout.write(diff));

const result = await runner.finalChatCompletion();
console.log();
console.log(result.choices[0].message.content);
