// A streamed message in Anthropic's format: prints the text as it arrives, the reasoning on standard error, then the usage.
//
// The endpoint and the key come from MODELSLAB_BASE_URL and MODELSLAB_API_KEY. Arguments: the prompt.

import { APIError, Client } from "trilogue";

const prompt = process.argv[2] ?? "Explain quantum computing in simple terms";
const client = new Client();

try {
	const stream = await client.messages.create({
		model: "openai-gpt-oss-120b",
		messages: [{ role: "user", content: prompt }],
		max_tokens: 60,
		stream: true,
	});
	for await (const event of stream) {
		process.stderr.write(event.delta?.thinking ?? "");
		process.stdout.write(event.delta?.text ?? "");
	}
	const { usage } = await stream.finalMessage();
	console.log(`\n${usage.input_tokens} tokens in, ${usage.output_tokens} out`);
} catch (error) {
	if (!(error instanceof APIError)) throw error;
	console.error(`\n${error.name}: ${error.message}`);
	process.exitCode = 1;
}
