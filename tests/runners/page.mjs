// Opens a page in headless Chromium that can import what is installed in a folder.
//
// Law: serves `/` (the given page), `/project/…`, `/runners/…` and the folders given, on the loopback interface.

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { dirname, extname, join, normalize } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const types = { ".mjs": "text/javascript", ".js": "text/javascript", ".wasm": "application/wasm", ".html": "text/html" };
const flags = [
	"--no-sandbox",
	"--disable-gpu",
	"--disable-quic",
	"--no-first-run",
	"--disable-background-networking",
	"--disable-component-update",
	"--disable-sync",
];

/** Opens the page; gives it with a function that ends everything. */
export async function openPage({ project, chromium, playwright, page: html, folders: further }) {
	const folders = { project, runners: dirname(fileURLToPath(import.meta.url)), ...further };
	const server = createServer(async (request, response) => {
		const [, folder, ...rest] = normalize(decodeURIComponent(new URL(request.url, "http://x").pathname)).split("/");
		try {
			if (folder === "") {
				response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end(html);
				return;
			}
			const path = join(folders[folder], ...rest);
			const body = await readFile(path);
			response.writeHead(200, { "content-type": types[extname(path)] ?? "application/octet-stream" }).end(body);
		} catch {
			response.writeHead(404).end();
		}
	});
	await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
	const { chromium: launcher } = (await import(pathToFileURL(join(playwright, "index.js")).href)).default;
	const browser = await launcher.launch({ executablePath: chromium, headless: true, args: flags });
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
