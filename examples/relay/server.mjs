// A server that holds the key and passes a model's stream on to its page: node server.mjs [PORT]
//
// The page receives the client's chunks, one per line. When the page closes its connection, the request to the model is cancelled, whether its
// response has started or not.

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import { Client } from "trilogue";

const client = new Client();
const files = { "/": [join(dirname(fileURLToPath(import.meta.url)), "index.html"), "text/html; charset=utf-8"] };
// The page imports the installed package; a bundler works too.
const dist = dirname(fileURLToPath(import.meta.resolve("trilogue")));

/** Returns a signal that is aborted if the page closes its connection before the end. On other servers, it is the `signal` of a `Request`. */
function disconnect(response) {
	const controller = new AbortController();
	response.on("close", () => controller.abort());
	return controller.signal;
}

async function chat(request, response) {
	const signal = disconnect(response);
	let body = "";
	for await (const part of request) body += part;
	const messages = [{ role: "user", content: body.slice(0, 10_000) }];
	const ask = { model: "openai-gpt-oss-120b", messages, stream: true };
	try {
		const stream = await client.chat.completions.create(ask, { signal });
		response.writeHead(200, { "content-type": "application/x-ndjson", "cache-control": "no-store" });
		// Ends either side with the other: an incomplete reply also breaks the page's response.
		await pipeline(Readable.fromWeb(stream.toReadableStream()), response);
	} catch (error) {
		if (signal.aborted) return;
		if (response.headersSent) response.destroy();
		else response.writeHead(502, { "content-type": "text/plain" }).end(error.name);
	}
}

const server = createServer(async (request, response) => {
	if (request.method === "POST" && request.url === "/chat") return chat(request, response).catch(() => response.destroy());
	const [, name] = /^\/trilogue\/([\w.-]+)$/.exec(request.url) ?? [];
	const types = { wasm: "application/wasm", mjs: "text/javascript", js: "text/javascript" };
	const [path, type] = name ? [join(dist, name), types[name.split(".").at(-1)]] : (files[request.url] ?? []);
	const content = path && type ? await readFile(path).catch(() => undefined) : undefined;
	response.writeHead(content ? 200 : 404, { "content-type": type ?? "text/plain" }).end(content);
});
server.listen(Number(process.argv[2] ?? 8080), "127.0.0.1", () => {
	console.log(`http://127.0.0.1:${server.address().port}/`);
});
