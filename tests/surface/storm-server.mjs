// The server of the storm: whole replies at once, streams that start and mostly never end. It counts the connections that clients leave open.
//
// Uses little CPU, since it serves ten thousand requests on the machine of the client under test.

import { createServer } from "node:http";

const chunk = (delta, finish_reason = null) => ({
	id: "c",
	object: "chat.completion.chunk",
	created: 1,
	model: "m",
	choices: [{ index: 0, delta, finish_reason }],
});
const frame = (value) => `data: ${JSON.stringify(value)}\n\n`;
const completion = JSON.stringify({
	...{ id: "c", object: "chat.completion", created: 1, model: "m" },
	choices: [{ index: 0, message: { role: "assistant", content: "Hello" }, finish_reason: "stop" }],
	usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
});
const begun = frame(chunk({ role: "assistant", content: '["Hello",' })) + frame(chunk({ content: '"world",' }));
const ended = `${frame(chunk({ content: "1]" }))}${frame(chunk({}, "stop"))}data: [DONE]\n\n`;
const message = { id: "m", type: "message", role: "assistant", model: "m", content: [], stop_reason: null, stop_sequence: null };
const named = (value) => `event: ${value.type}\n${frame(value)}`;
const text = (index) => named({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text: `${index} ` } });
const messageBegun =
	named({ type: "message_start", message: { ...message, usage: { input_tokens: 1, output_tokens: 1 } } }) +
	named({ type: "content_block_start", index: 0, content_block: { type: "text", text: "" } }) +
	text(0) +
	text(1);
const messageEnded =
	named({ type: "content_block_stop", index: 0 }) +
	named({ type: "message_delta", delta: { stop_reason: "end_turn", stop_sequence: null }, usage: { output_tokens: 2 } }) +
	named({ type: "message_stop" });
const messageWhole = JSON.stringify({
	...message,
	content: [{ type: "text", text: "Hello" }],
	stop_reason: "end_turn",
	usage: { input_tokens: 1, output_tokens: 1 },
});
const models = JSON.stringify({ data: [{ type: "model", id: "m", display_name: "m", created_at: "2026-01-01T00:00:00Z" }], has_more: false });

/** Starts the server. Returns its address and a function that ends it. */
export async function startStormServer() {
	let count = 0;
	const open = new Set();
	const shared = {
		"access-control-allow-origin": "*",
		"access-control-allow-headers": "*, authorization",
		"access-control-max-age": "600",
	};
	const server = createServer(async (request, response) => {
		if (request.method === "OPTIONS") return response.writeHead(204, shared).end();
		if (request.url === "/counts") {
			return response.writeHead(200, { ...shared, "content-type": "application/json" }).end(JSON.stringify({ count, open: open.size }));
		}
		count += 1;
		const number = count;
		open.add(number);
		response.on("close", () => open.delete(number));
		let body = "";
		try {
			for await (const part of request) body += part;
		} catch {
			return;
		}
		const isMessage = request.url.includes("/messages");
		if (!body.includes('"stream":true')) {
			const whole = request.url.includes("/models") ? models : isMessage ? messageWhole : completion;
			return response.writeHead(200, { ...shared, "content-type": "application/json" }).end(whole);
		}
		const head = { ...shared, "content-type": "text/event-stream" };
		const [begin, end] = isMessage ? [messageBegun, messageEnded] : [begun, ended];
		// One in three sends nothing, one starts and stays open, one ends.
		if (number % 3 === 0) response.writeHead(200, head).flushHeaders();
		else response.writeHead(200, head).write(begin);
		if (number % 3 === 1) setTimeout(() => response.end(end), number % 4);
	});
	await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
	const close = () => {
		server.close();
		server.closeAllConnections();
	};
	return { url: `http://127.0.0.1:${server.address().port}`, close };
}
