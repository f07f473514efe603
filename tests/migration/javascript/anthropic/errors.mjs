import Anthropic from "@anthropic-ai/sdk";

const client = new Anthropic({ maxRetries: 0 });

const message = await client.messages
	.create({ max_tokens: 10, messages: [{ role: "user", content: "Hello" }], model: "claude-unknown" })
	.catch(async (err) => {
		if (!(err instanceof Anthropic.APIError)) throw err;
		console.log(err.status, err.constructor.name, err.requestID, err.headers.get("request-id"));
		console.log(err.error.error.message, err.type, err instanceof Anthropic.NotFoundError);
	});
console.log(message);
