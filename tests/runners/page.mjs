// Opens a page in headless Chromium that can import the packages of a folder.
//
// Serves `/` (the given page), `/project/…`, `/runners/…` and the given folders, on the loopback interface.

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { dirname, extname, join, normalize } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const types = { ".css": "text/css", ".mjs": "text/javascript", ".js": "text/javascript", ".wasm": "application/wasm", ".html": "text/html" };
const flags = [
	"--no-sandbox",
	"--disable-gpu",
	"--disable-quic",
	"--no-first-run",
	"--disable-background-networking",
	"--disable-component-update",
	"--disable-sync",
];

/** A strict policy: no code that is generated at run time except wasm, no inline scripts, connections to the loopback interface only. */
export const strict = [
	"default-src 'none'",
	"script-src 'self' 'wasm-unsafe-eval'",
	"worker-src 'self'",
	"style-src 'self'",
	"connect-src 'self' http://127.0.0.1:*",
].join("; ");

/** Opens the page, with a Content-Security-Policy, flags of V8 and further flags if given. Returns it and a function that closes everything. */
export async function openPage({ project, chromium, playwright, page: html, folders: further, policy, jsFlags, flags: more = [] }) {
	const always = policy ? { "content-security-policy": policy } : {};
	const folders = { project, runners: dirname(fileURLToPath(import.meta.url)), ...further };
	const server = createServer(async (request, response) => {
		const [, folder, ...rest] = normalize(decodeURIComponent(new URL(request.url, "http://x").pathname)).split("/");
		try {
			if (folder === "") {
				response.writeHead(200, { ...always, "content-type": "text/html; charset=utf-8" }).end(html);
				return;
			}
			const path = join(folders[folder], ...rest);
			const body = await readFile(path);
			const type = types[extname(path)] ?? "application/octet-stream";
			// The policy of a worker is that of its script.
			response.writeHead(200, { ...always, "content-type": type }).end(body);
		} catch {
			response.writeHead(404).end();
		}
	});
	const { chromium: launcher } = (await import(pathToFileURL(join(playwright, "index.js")).href)).default;
	const args = [...flags, ...more, ...(jsFlags ? [`--js-flags=${jsFlags}`] : [])];
	const browser = await launcher.launch({ executablePath: chromium, headless: true, args });
	await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
	const page = await browser.newPage();
	page.on("pageerror", (error) => console.error(`page: ${error.message}`));
	await page.goto(`http://127.0.0.1:${server.address().port}/`);
	const close = async () => {
		await browser.close();
		server.close();
		server.closeAllConnections();
	};
	return { page, close };
}
