// Sends the rows of a bulk job as an iterable, with a log: node bulk.mjs URL ROWS IN_FLIGHT LOG. `bench/bulk/peers/trilogue_node.py` starts it.

import { Client } from "trilogue";

const [url, count, inFlight, log] = process.argv.slice(2);
const client = new Client({ baseURL: url, apiKey: "k" });

function* rows() {
	for (let number = 0; number < Number(count); number++) {
		const content = `Please answer row-${number} in one sentence, and be brief about it.`;
		yield { custom_id: String(number), body: { model: "m", messages: [{ role: "user", content }], max_tokens: 64 } };
	}
}

let finished = 0;
for await (const _row of client.batch(rows(), { log, inFlight: Number(inFlight) })) finished++;
if (finished !== Number(count)) throw new Error(`${finished} of ${count} rows`);
