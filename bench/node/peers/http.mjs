// A floor: node:http and JSON.parse, as little as a program could do by hand.

import http from "node:http";
import { messages } from "./common.mjs";

export function make(url) {
	const { hostname, port } = new URL(url);
	const agent = new http.Agent({ keepAlive: true, noDelay: true });
	const post = (model, stream) =>
		new Promise((resolve, reject) => {
			const body = JSON.stringify({ model, messages, stream });
			const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
			const path = "/v1/chat/completions";
			http.request({ hostname, port, path, method: "POST", agent, headers }, resolve).on("error", reject).end(body);
		});
	const open = async function* (model) {
		let rest = "";
		for await (const text of (await post(model, true)).setEncoding("utf8")) {
			const lines = (rest + text).split("\n");
			rest = lines.pop();
			for (const line of lines) if (line.startsWith("data: {")) yield JSON.parse(line.slice(6));
		}
	};
	return {
		open,
		says: (chunk) => Boolean(chunk.choices[0]?.delta.content),
		async stream(model) {
			const reply = await post(model, true);
			reply.setEncoding("utf8");
			let rest = "";
			let seen = 0;
			// Listeners cost less than a loop over the body.
			reply.on("data", (text) => {
				const lines = (rest + text).split("\n");
				rest = lines.pop();
				for (const line of lines) {
					if (line.startsWith("data: {") && JSON.parse(line.slice(6)).choices[0]?.delta.content) seen++;
				}
			});
			await new Promise((resolve, reject) => reply.on("end", resolve).on("error", reject));
			return seen;
		},
		async whole(model) {
			const parts = [];
			for await (const part of await post(model, false)) parts.push(part);
			return JSON.parse(Buffer.concat(parts)).choices[0].message.content.length;
		},
	};
}
