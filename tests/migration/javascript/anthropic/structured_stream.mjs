import Anthropic from "@anthropic-ai/sdk";
import { zodOutputFormat } from "@anthropic-ai/sdk/helpers/zod";
import { z } from "zod";

const client = new Anthropic();

const stream = client.messages.stream({
	model: "claude-opus-4-6",
	max_tokens: 1024,
	messages: [{ role: "user", content: "Extract the order" }],
	output_config: { format: zodOutputFormat(z.object({ product_name: z.string(), price: z.number(), quantity: z.number() })) },
});
for await (const event of stream) {
	if (event.type === "content_block_delta" && event.delta.type === "text_delta") process.stdout.write(event.delta.text);
}
const message = await stream.finalMessage();
console.log();
console.log(message.parsed_output);
