// Makes many calls at once in a page of headless Chromium against a server with a limit, and prints their waits as one line of JSON:
// node limits-browser.mjs PROJECT CHROMIUM PLAYWRIGHT CERTIFICATE URL OPTIONS WIDTH SECONDS DELAY
//
// A proxy in front of the server speaks HTTP/2, as providers do: over HTTP/1.1, Chromium has only six requests of an origin in flight.

import { readFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { createSecureServer } from "node:http2";
import { openPage } from "../../tests/runners/page.mjs";

const [project, chromium, playwright, certificate, url, options, ...numbers] = process.argv.slice(2);
const [width, seconds, delay] = numbers.map(Number);
const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });
const pem = readFileSync(certificate);
// Headers of a connection, which HTTP/2 does not have.
const hop = ["connection", "keep-alive", "transfer-encoding"];

function forward(incoming, response) {
	const headers = Object.fromEntries(Object.entries(incoming.headers).filter(([name]) => !name.startsWith(":")));
	const target = { agent, method: incoming.method, headers: { ...headers, host: new URL(url).host } };
	const outgoing = request(new URL(incoming.url, url), target, (answer) => {
		const kept = Object.entries(answer.headers).filter(([name]) => !hop.includes(name));
		response.writeHead(answer.statusCode, Object.fromEntries(kept));
		answer.pipe(response);
	});
	outgoing.on("error", () => response.stream?.destroy());
	incoming.pipe(outgoing);
}

// As many requests in flight on a connection as Chromium has at most.
const settings = { maxConcurrentStreams: 256 };
const proxy = createSecureServer({ key: pem, cert: pem, settings }, forward);
await new Promise((ready) => proxy.listen(0, "127.0.0.1", ready));
const baseURL = `https://127.0.0.1:${proxy.address().port}${new URL(url).pathname}`;
const page = `<!doctype html><title>limits</title>
<script type="importmap">{"imports": {"trilogue": "/project/node_modules/trilogue/dist/browser.mjs"}}</script>`;
const flags = ["--ignore-certificate-errors"];
const browser = await openPage({ project, chromium, playwright, page, flags });
try {
	const work = { baseURL, options: JSON.parse(options), width, seconds, delay };
	const figures = await browser.page.evaluate(async ({ baseURL, options, ...work }) => {
		const { Client, ready } = await import("trilogue");
		const { makeCalls } = await import("/project/limits-calls.mjs");
		await ready();
		return makeCalls(new Client({ baseURL, apiKey: "sk-bench", ...options }), work);
	}, work);
	console.log(JSON.stringify(figures));
} finally {
	await browser.close();
}
process.exit();
