// Makes many calls at once in Node against a server with a limit, and prints their waits as one line of JSON:
// node limits.mjs URL OPTIONS WIDTH SECONDS DELAY

import { Client } from "trilogue";
import { makeCalls } from "./limits-calls.mjs";

const [baseURL, options, width, seconds, delay] = process.argv.slice(2);
const client = new Client({ baseURL, apiKey: "sk-bench", ...JSON.parse(options) });
console.log(JSON.stringify(await makeCalls(client, { width: Number(width), seconds: Number(seconds), delay: Number(delay) })));
// Kept connections would keep the process alive.
process.exit();
