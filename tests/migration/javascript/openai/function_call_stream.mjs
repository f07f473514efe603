import OpenAI from "openai";

const client = new OpenAI();

const tools = [
	{
		type: "function",
		function: {
			name: "get_weather",
			description: "Get the weather in a city.",
			parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
		},
	},
];

const stream = await client.chat.completions.create({
	model: "gpt-4o",
	messages: [{ role: "user", content: "Weather in Paris?" }],
	tools,
	stream: true,
});

function messageReducer(previous, item) {
	const reduce = (acc, delta) => {
		acc = { ...acc };
		for (const [key, value] of Object.entries(delta)) {
			if (acc[key] === undefined || acc[key] === null) {
				acc[key] = value;
				if (Array.isArray(acc[key])) for (const entry of acc[key]) delete entry.index;
			} else if (typeof acc[key] === "string" && typeof value === "string") acc[key] += value;
			else if (typeof acc[key] === "number" && typeof value === "number") acc[key] = value;
			else if (Array.isArray(acc[key]) && Array.isArray(value)) {
				for (const { index, ...chunkTool } of value) acc[key][index] = reduce(acc[key][index] ?? {}, chunkTool);
			} else if (typeof acc[key] === "object" && typeof value === "object") acc[key] = reduce(acc[key], value);
		}
		return acc;
	};
	const choice = item.choices[0];
	return choice ? reduce(previous, choice.delta) : previous;
}

let message = {};
for await (const chunk of stream) message = messageReducer(message, chunk);
console.log(message.tool_calls[0].id, message.tool_calls[0].function);
