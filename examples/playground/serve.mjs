// Serves the built page on the loopback interface.
//
// Arguments: the folder; optionally the endpoint of a model on this machine that the page starts with, and the model's id. Prints the address.
// Ends with its standard input if that is a pipe. Serves static files only.

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

const types = {
	".html": "text/html; charset=utf-8",
	".css": "text/css",
	".js": "text/javascript",
	".svg": "image/svg+xml",
	".wasm": "application/wasm",
};

const [folder, endpoint, model] = process.argv.slice(2);

/** Serves `folder` below `/${under}`. Returns the server and its address. */
export async function serve(folder, under = "playground", port = 0) {
	const server = createServer(async (request, response) => {
		const path = normalize(decodeURIComponent(new URL(request.url, "http://x").pathname));
		try {
			if (!path.startsWith(`/${under}/`)) throw new Error("elsewhere");
			const file = path.slice(under.length + 2) || "index.html";
			const body = await readFile(join(folder, file));
			response
				.writeHead(200, {
					"content-type": types[extname(file)] ?? "application/octet-stream",
				})
				.end(body);
		} catch {
			response.writeHead(404).end();
		}
	});
	await new Promise((ready) => server.listen(port, "127.0.0.1", ready));
	return { server, url: `http://127.0.0.1:${server.address().port}/${under}/` };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
	const { url } = await serve(folder, "playground", Number(process.env.PORT ?? 0));
	const link = new URLSearchParams(Object.entries({ endpoint, model }).filter(([, value]) => value));
	console.log(link.size > 0 ? `${url}#${link}` : url);
	if (!process.stdin.isTTY) process.stdin.on("end", () => process.exit()).resume();
}
