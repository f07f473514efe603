import Anthropic from "@anthropic-ai/sdk";
import { zodOutputFormat } from "@anthropic-ai/sdk/helpers/zod";
import { z } from "zod";

const client = new Anthropic();

const format = zodOutputFormat(z.object({ product_name: z.string(), price: z.number(), quantity: z.number() }));
const message = await client.messages.create({
	model: "claude-opus-4-6",
	max_tokens: 1024,
	messages: [{ role: "user", content: "Extract the order" }],
	output_config: { format },
});
console.log(format.parse(message.content[0].text));
