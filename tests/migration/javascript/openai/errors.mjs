import OpenAI, { APIError, NotFoundError, OpenAIError } from "openai";

const client = new OpenAI({ maxRetries: 0 });

for (let attempt = 0; attempt < 3; attempt += 1) {
	try {
		await client.chat.completions.create({ model: "unknown-model", messages: [{ role: "user", content: "Hi" }] });
	} catch (err) {
		if (err instanceof OpenAI.APIError) {
			console.log(err.status, err.code, err.type, err.param, err.requestID);
			console.log(err.constructor.name, err.headers.get("x-my-header"), err.error.message);
		} else throw err;
		console.log(err instanceof APIError, err instanceof NotFoundError, err instanceof OpenAIError, err instanceof Error);
	}
}
