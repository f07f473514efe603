// A server for a chat with `useChat`: holds the key, and streams the replies of a model to the page.
//
// node server.mjs [PORT]

import { once } from "node:events";
import { createReadStream } from "node:fs";
import { createServer } from "node:http";
import { json } from "node:stream/consumers";
import { convertToModelMessages, pipeUIMessageStreamToResponse, streamText, toUIMessageStream } from "ai";
import { Client } from "trilogue";
import { createTrilogue } from "trilogue/ai-sdk";

const trilogue = createTrilogue(new Client());

async function chat(request, response) {
	const { messages } = await json(request);
	const controller = new AbortController();
	// A page that is closed also ends the request to the model.
	response.on("close", () => controller.abort());
	const { stream } = streamText({
		model: trilogue("openai-gpt-oss-120b"),
		messages: await convertToModelMessages(messages),
		abortSignal: controller.signal,
	});
	await pipeUIMessageStreamToResponse({ response, stream: toUIMessageStream({ stream, sendReasoning: true }) });
}

const page = '<!doctype html><meta charset="utf-8"><title>Chat</title><body><script type="module" src="/page.js"></script>';

const server = createServer(async (request, response) => {
	if (request.url === "/api/chat") {
		await chat(request, response);
	} else if (request.url === "/page.js") {
		response.setHeader("content-type", "text/javascript");
		createReadStream(new URL("page.js", import.meta.url)).pipe(response);
	} else {
		response.setHeader("content-type", "text/html");
		response.end(page);
	}
});
server.listen(Number(process.argv[2] ?? 8080), "127.0.0.1");
await once(server, "listening");
console.log(`http://127.0.0.1:${server.address().port}`);
