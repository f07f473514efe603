import OpenAI from "openai";
import { zodFunction } from "openai/helpers/zod";
import { z } from "zod";

const Query = z.object({ city: z.string() });
const client = new OpenAI();

const completion = await client.chat.completions.parse({
	model: "gpt-4o",
	messages: [{ role: "user", content: "Weather in Paris?" }],
	tools: [zodFunction({ name: "get_weather", parameters: Query })],
});
const call = completion.choices[0].message.tool_calls[0];
console.log(call.function.name, call.function.parsed_arguments.city, completion.choices[0].message.parsed);
