// The AI SDK over a trilogue client: a text, a streamed text, a tool, an object. Needs the packages `ai`, `trilogue` and `zod`.

import { generateText, Output, stepCountIs, streamText, tool } from "ai";
import { Client } from "trilogue";
import { z } from "zod";
import { languageModel } from "./model.js";

const model = languageModel(new Client(), "openai-gpt-oss-120b");
const once = { model, maxRetries: 0 };

const { text, usage } = await generateText({ ...once, prompt: "Say hello." });
console.log(`${text} (${usage.inputTokens} in, ${usage.outputTokens} out)`);

const streamed = streamText({ ...once, prompt: "Say hello, and think." });
for await (const part of streamed.fullStream) {
	if (part.type === "reasoning-delta") process.stdout.write(`[${part.text}]`);
	if (part.type === "text-delta") process.stdout.write(part.text);
	if (part.type === "error") throw part.error;
}
console.log(` (${(await streamed.usage).outputTokens} out, ${await streamed.finishReason})`);

const weather = tool({
	description: "Returns the weather in a city.",
	inputSchema: z.object({ city: z.string() }),
	execute: async ({ city }) => ({ city, sky: "clear" }),
});
const stream = streamText({ ...once, prompt: "Weather in Oslo?", tools: { weather }, stopWhen: stepCountIs(3) });
for await (const part of stream.fullStream) {
	if (part.type === "tool-call") console.log(`${part.toolName}(${JSON.stringify(part.input)})`);
	if (part.type === "error") throw part.error;
}
console.log(`${await stream.text} (${(await stream.steps).length} steps)`);

const { output } = await generateText({
	...once,
	prompt: "A dish, please.",
	output: Output.object({ schema: z.object({ dish: z.string(), minutes: z.number() }) }),
});
console.log(`${output.dish}, ${output.minutes} minutes`);
