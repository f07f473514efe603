import OpenAI from "openai";
import { zodResponseFormat } from "openai/helpers/zod";
import { z } from "zod";

const openai = new OpenAI();

const Answer = z.object({ final_answer: z.string().transform((text) => text.toUpperCase()) });
const completion = await openai.chat.completions.parse({
	model: "gpt-4o",
	messages: [{ role: "user", content: "solve 8x + 31 = 2" }],
	response_format: zodResponseFormat(z.object({ steps: z.array(z.unknown()).nullable(), final_answer: z.string() }), "answer"),
});
console.log(Answer.parse(completion.choices[0].message.parsed));
