// A test with Mock Service Worker: its handlers answer the requests of a client, whole and streamed.

import { http, HttpResponse } from "msw";
import { setupServer } from "msw/node";
import { Client } from "trilogue";

const about = { id: "c", created: 1, model: "m" };
const choice = (content) => ({ index: 0, message: { role: "assistant", content }, finish_reason: "stop" });
const chunk = (content, finish_reason) =>
	`data: ${JSON.stringify({ ...about, object: "chat.completion.chunk", choices: [{ index: 0, delta: { content }, finish_reason }] })}\n\n`;

const server = setupServer(
	http.post("https://model.test/v1/chat/completions", async ({ request }) => {
		const { stream, messages } = await request.json();
		const { content } = messages[0];
		if (!stream) return HttpResponse.json({ ...about, object: "chat.completion", choices: [choice(`${content}, whole`)] });
		const body = `${chunk(content, null)}${chunk(", streamed", "stop")}data: [DONE]\n\n`;
		return new HttpResponse(body, { headers: { "content-type": "text/event-stream" } });
	}),
);
server.listen({ onUnhandledRequest: "error" });

// `fetch` of now, and not that of an earlier time, since the mock replaces it.
const client = new Client({ baseURL: "https://model.test/v1", apiKey: "sk", fetch: (url, init) => fetch(url, init) });
const request = { model: "m", messages: [{ role: "user", content: "mocked" }] };
const reply = await client.chat.completions.create(request);
const stream = await client.chat.completions.create({ ...request, stream: true });
console.log(`${reply.choices[0].message.content}; ${(await stream.final()).choices[0].message.content}`);
server.close();
