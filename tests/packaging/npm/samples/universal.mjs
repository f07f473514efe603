// The entry point for bundlers that know no host, in Node: the channel of records, a batch, and the tokenizer, whose data is not installed here.

import { subscribe } from "node:diagnostics_channel";
import { join } from "node:path";

const dist = join(process.cwd(), "node_modules/trilogue/dist");
const { Client } = await import(join(dist, "universal.mjs"));
const { count } = await import(join(dist, "tokens-universal.mjs"));
const recorded = new Promise((resolve) => subscribe("trilogue:call", resolve));
const messages = [{ role: "user", content: "Hi" }];
const client = new Client({ baseURL: process.env.SAMPLE_URL });
await client.chat.completions.stream({ model: "m", messages }).final();
console.log((await recorded).outcome);
for await (const row of client.batch([{ model: "m", messages }])) console.log(row.text ?? row.error);
try {
	count("Hi");
} catch (error) {
	console.log(`${error.name}: ${error.message}`);
}
