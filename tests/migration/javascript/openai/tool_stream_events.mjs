import OpenAI from "openai";
import { zodFunction } from "openai/helpers/zod";
import { z } from "zod";

const client = new OpenAI();

const stream = client.chat.completions
	.stream({
		model: "gpt-4o",
		messages: [{ role: "user", content: "Weather in Paris?" }],
		tools: [zodFunction({ name: "get_weather", parameters: z.object({ city: z.string() }) })],
	})
	.on("tool_calls.function.arguments.delta", (event) => {
		if (event.arguments_delta) console.log("delta", event.name, event.index, event.arguments_delta, event.arguments);
	})
	.on("tool_calls.function.arguments.done", (event) => console.log("done", event.name, event.arguments, event.parsed_arguments))
	.on("functionToolCall", (call) => console.log("call", call.name))
	.on("finalFunctionToolCall", (call) => console.log("final", call.arguments));
await stream.done();
console.log((await stream.finalFunctionToolCall()).name);
