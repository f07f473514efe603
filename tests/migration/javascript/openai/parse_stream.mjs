import OpenAI from "openai";
import { zodResponseFormat } from "openai/helpers/zod";
import { z } from "zod";

const MathResponse = z.object({
	steps: z.array(z.object({ explanation: z.string(), output: z.string() })),
	final_answer: z.string(),
});

const client = new OpenAI();

const stream = client.chat.completions
	.stream({
		model: "gpt-4o-2024-08-06",
		messages: [{ role: "user", content: "solve 8x + 31 = 2" }],
		response_format: zodResponseFormat(MathResponse, "math_response"),
	})
	.on("refusal.delta", ({ delta }) => process.stdout.write(delta))
	.on("content.delta", ({ snapshot, parsed }) => console.log("content:", snapshot.length, Object.keys(parsed ?? {})))
	.on("content.done", (props) => console.log("finished!", props.parsed?.final_answer));
await stream.done();
const completion = await stream.finalChatCompletion();
console.log(completion.choices[0].message.parsed.steps.length);
