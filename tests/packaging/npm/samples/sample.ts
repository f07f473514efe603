// A first program, in a project with the tarball and nothing else.

import { type ChatCompletion, type ChatCompletionChunk, Client, ConfigurationError, type Stream } from "trilogue";

const model = "openai-gpt-oss-120b";
const messages = [{ role: "user", content: "Hi" }];

async function streamed(): Promise<string> {
	const stream: Stream = await new Client().chat.completions.create({ model, messages, stream: true });
	const chunks: ChatCompletionChunk[] = [];
	for await (const chunk of stream) chunks.push(chunk);
	return chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "").join("");
}

async function accumulated(): Promise<string | null | undefined> {
	const stream = await new Client().chat.completions.create({ model, messages, stream: true });
	const completion: ChatCompletion = await stream.finalChatCompletion();
	return completion.choices[0]?.message.content;
}

function refusal(): string {
	try {
		new Client({ baseURL: "https://example.test" });
	} catch (error) {
		if (error instanceof ConfigurationError) return error.message;
	}
	return "";
}

async function main(): Promise<void> {
	if ((await streamed()) !== "Hello!") throw new Error("the stream's text is wrong");
	if ((await accumulated()) !== "Hello!") throw new Error("the accumulated text is wrong");
	if (!refusal().includes("MODELSLAB_API_KEY")) throw new Error("a missing key is not named at construction");
}

void main();
