// A server that holds the key, and hands a model's stream on to its page: node server.mjs [PORT]
//
// Law: what the page gets is what the client made of the answer, a chunk a line. A page that goes away ends the request.

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { Client } from "trilogue";

const client = new Client();
const files = { "/": [join(dirname(fileURLToPath(import.meta.url)), "index.html"), "text/html; charset=utf-8"] };
// The page imports the package as it is; a bundler would do.
const dist = dirname(fileURLToPath(import.meta.resolve("trilogue")));

async function chat(request, response) {
	let body = "";
	for await (const part of request) body += part;
	const messages = [{ role: "user", content: body.slice(0, 10_000) }];
	try {
		const stream = await client.chat.completions.create({ model: "openai-gpt-oss-120b", messages, stream: true });
		response.writeHead(200, { "content-type": "application/x-ndjson", "cache-control": "no-store" });
		const lines = Readable.fromWeb(stream.toReadableStream());
		response.on("close", () => lines.destroy());
		// A stream that breaks breaks the page's too.
		lines.on("error", () => response.destroy());
		lines.pipe(response);
	} catch (error) {
		response.writeHead(502, { "content-type": "text/plain" }).end(error.name);
	}
}

const server = createServer(async (request, response) => {
	if (request.method === "POST" && request.url === "/chat") return chat(request, response);
	const [, name] = /^\/trilogue\/([\w.-]+)$/.exec(request.url) ?? [];
	const types = { wasm: "application/wasm", mjs: "text/javascript", js: "text/javascript" };
	const [path, type] = name ? [join(dist, name), types[name.split(".").at(-1)]] : (files[request.url] ?? []);
	const content = path && type ? await readFile(path).catch(() => undefined) : undefined;
	response.writeHead(content ? 200 : 404, { "content-type": type ?? "text/plain" }).end(content);
});
server.listen(Number(process.argv[2] ?? 8080), "127.0.0.1", () => {
	console.log(`http://127.0.0.1:${server.address().port}/`);
});
