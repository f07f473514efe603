// A test with undici's MockAgent, which answers the requests of a client.

import { Client } from "trilogue";
import { fetch, MockAgent } from "undici";

const dispatcher = new MockAgent();
dispatcher.disableNetConnect();
const reply = { id: "c", object: "chat.completion", created: 1, model: "m", choices: [] };
const headers = { "content-type": "application/json" };
const path = "/v1/chat/completions";
const choice = { index: 0, message: { role: "assistant", content: "mocked" }, finish_reason: "stop" };
const pool = dispatcher.get("https://model.test");
pool.intercept({ path, method: "POST" }).reply(503, { error: { message: "busy" } }, { headers: { ...headers, "retry-after-ms": "1" } });
pool.intercept({ path, method: "POST" }).reply(200, { ...reply, choices: [choice] }, { headers });

const client = new Client({
	baseURL: "https://model.test/v1",
	apiKey: "sk",
	fetch: (url, init) => fetch(url, { ...init, dispatcher }),
});
const { data, retriesTaken } = await client.chat.completions
	.create({ model: "m", messages: [{ role: "user", content: "Hi" }] })
	.withResponse();
console.log(`${data.choices[0].message.content} after ${retriesTaken} retry`);
