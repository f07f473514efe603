// The request of every sample: a streamed answer.

import { Client } from "trilogue";

export async function answer(baseURL) {
	const stream = await new Client({ baseURL }).chat.completions.create({
		model: "m",
		messages: [{ role: "user", content: "Hi" }],
		stream: true,
	});
	let text = "";
	for await (const part of stream.textStream) text += part;
	return text;
}
