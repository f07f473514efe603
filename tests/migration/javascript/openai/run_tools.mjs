import OpenAI from "openai";

const client = new OpenAI();

const films = [
	{ id: "a1", name: "To Kill a Mockingbird", genre: "historical" },
	{ id: "b2", name: "All the Light We Cannot See", genre: "historical" },
];

async function list({ genre }) {
	return films.filter((film) => film.genre === genre).map(({ name, id }) => ({ name, id }));
}

async function get({ id }) {
	return films.find((film) => film.id === id);
}

const runner = client.chat.completions
	.runTools({
		model: "gpt-4o",
		messages: [
			{ role: "system", content: "Use the tools." },
			{ role: "user", content: "Which historical films are there?" },
		],
		tools: [
			{
				type: "function",
				function: {
					name: "list",
					description: "Lists films by genre.",
					parameters: { type: "object", properties: { genre: { type: "string" } } },
					function: list,
					parse: JSON.parse,
				},
			},
			{
				type: "function",
				function: {
					name: "get",
					description: "Gets a film.",
					parameters: { type: "object", properties: { id: { type: "string" } } },
					function: get,
					parse: JSON.parse,
				},
			},
		],
	})
	.on("message", (message) => console.log("message", message.role))
	.on("functionToolCall", (call) => console.log("call", call.name, call.arguments))
	.on("functionToolCallResult", (result) => console.log("result", result))
	.on("content", (content) => console.log("content", content));

const result = await runner.finalChatCompletion();
console.log(result.choices[0].message.content);
console.log(runner.messages.length, (await runner.totalUsage()).total_tokens);
console.log(await runner.finalFunctionToolCallResult());
