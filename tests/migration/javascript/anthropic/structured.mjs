import Anthropic from "@anthropic-ai/sdk";
import { zodOutputFormat } from "@anthropic-ai/sdk/helpers/zod";
import { z } from "zod";

const Order = z.object({ product_name: z.string(), price: z.number(), quantity: z.number().int() });

const client = new Anthropic();

const message = await client.messages.parse({
	model: "claude-opus-4-6",
	max_tokens: 1024,
	messages: [{ role: "user", content: "Extract the order" }],
	output_config: { format: zodOutputFormat(Order) },
});
console.log(message.parsed_output, message.parsed_output.quantity);
