// The AI SDK over a trilogue client: a text, a streamed text, a tool, an object. Needs the packages `ai`, `trilogue` and `zod`.

import { generateText, Output, stepCountIs, streamText, tool } from "ai";
import { Client } from "trilogue";
import { createTrilogue } from "trilogue/ai-sdk";
import { z } from "zod";

const trilogue = createTrilogue(new Client());
const model = trilogue("openai-gpt-oss-120b");

const { text, usage } = await generateText({ model, prompt: "Say hello." });
console.log(`${text} (${usage.inputTokens} in, ${usage.outputTokens} out)`);

const streamed = streamText({ model, prompt: "Say hello, and think." });
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
const stream = streamText({ model, prompt: "Weather in Oslo?", tools: { weather }, stopWhen: stepCountIs(3) });
for await (const part of stream.fullStream) {
	if (part.type === "tool-call") console.log(`${part.toolName}(${JSON.stringify(part.input)})`);
	if (part.type === "error") throw part.error;
}
console.log(`${await stream.text} (${(await stream.steps).length} steps)`);

const { output } = await generateText({
	model,
	prompt: "A dish, please.",
	output: Output.object({ schema: z.object({ dish: z.string(), minutes: z.number() }) }),
});
console.log(`${output.dish}, ${output.minutes} minutes`);
