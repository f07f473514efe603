import Anthropic from "@anthropic-ai/sdk";
import { jsonSchemaOutputFormat } from "@anthropic-ai/sdk/helpers/json-schema";

const client = new Anthropic();

const message = await client.messages.parse({
	model: "claude-opus-4-6",
	max_tokens: 1024,
	messages: [{ role: "user", content: "Extract the order" }],
	output_config: {
		format: jsonSchemaOutputFormat({
			type: "object",
			properties: {
				product_name: { type: "string" },
				price: { type: "number" },
				quantity: { type: "integer" },
			},
			required: ["product_name", "price", "quantity"],
			additionalProperties: false,
		}),
		effort: "low",
	},
});
console.log(message.parsed_output);
