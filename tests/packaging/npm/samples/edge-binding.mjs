// A worker of an edge runtime whose requests go through a service binding. Its response is the model's text.

import { Client } from "trilogue";

export default {
	async fetch(request, env) {
		const baseURL = new URL(request.url).searchParams.get("endpoint");
		const client = new Client({ baseURL, fetch: (url, init) => env.MODEL.fetch(url, init) });
		const stream = await client.chat.completions.create({ model: "m", messages: [{ role: "user", content: "Hi" }], stream: true });
		return new Response((await stream.final()).choices[0].message.content);
	},
};
