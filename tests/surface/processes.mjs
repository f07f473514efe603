// Processes and threads of Node: when they end, and what of their calls then.
//
// Law: each case is a process of its own, in a folder that has the package; it fails where the process fails, or doesn't end.

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { texts } from "./scenarios.mjs";

/** What each script begins with. */
const opening = (url) => `
const { Worker } = require("node:worker_threads");
const open = (scenario, stream) => {
	const { Client } = require("trilogue");
	const client = new Client({ apiKey: "k", baseURL: "${url}/v/" + scenario + "/pieces/0", maxRetries: 0 });
	return client.chat.completions.create({ model: "m", stream, messages: [{ role: "user", content: "x" }] });
};
/** Waits for more of a stream that has begun, and brings no more. */
const wait = async (told) => {
	let count = 0;
	for await (const _ of await open("begun", true)) if (++count === ${texts.length}) told();
};
/** A thread that does. */
const waiting = () => new Promise((ready, failed) => {
	const told = "() => require('node:worker_threads').parentPort.postMessage(0)";
	const worker = new Worker("const open = " + open + "; const wait = " + wait + "; wait(" + told + ");", { eval: true });
	worker.once("message", () => ready(worker)).once("error", failed);
});
const ask = async () => {
	const { choices } = await open("whole", false);
	console.log(choices[0].message.content);
};
`;

const cases = {
	"a process waits for what it asked for": "ask();",
	"a process ends though a stream is open that nobody reads": `
		open("begun", true).then((stream) => stream.next()).then(ask);`,
	"a process can end while it waits": "wait(() => ask().then(() => process.exit()));",
	"threads end in the midst of their streams, and later ones begin anew": `
		(async () => {
			for (let round = 0; round < 3; round++) {
				for (const worker of await Promise.all([waiting(), waiting()])) await worker.terminate();
			}
			await ask();
		})();`,
	"a thread that ends leaves the calls of others alone": `
		(async () => {
			const stream = await open("spoken", true);
			await stream.next();
			await (await waiting()).terminate();
			let count = 1;
			for await (const _ of stream) count++;
			if (count !== ${texts.length + 1}) throw new Error("there were " + count + " chunks");
			await ask();
		})();`,
};

/** Runs them all over the addon. */
export async function processes(url) {
	const failures = [];
	const env = { ...process.env, TRILOGUE_BINDING: "native" };
	for (const [title, script] of Object.entries(cases)) {
		try {
			const { stdout } = await promisify(execFile)("node", ["-e", opening(url) + script], { env, timeout: 30_000 });
			if (stdout !== "Hello!\n") failures.push(`${title}: it printed ${JSON.stringify(stdout)}`);
		} catch (error) {
			failures.push(`${title}: ${error.signal ?? error.code}\n${error.stderr}`);
		}
	}
	return { passed: Object.keys(cases).length - failures.length, failed: failures.length, failures };
}
