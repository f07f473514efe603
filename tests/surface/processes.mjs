// Processes and threads of Node: when they end, what happens to their calls, and how they load the wasm modules of other hosts.
//
// Each case is a process of its own, in a folder with the package. It fails if the process fails or does not end.

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { texts } from "./scenarios.mjs";

/** The first lines of each script. */
const opening = (url) => `
const { Worker } = require("node:worker_threads");
const open = (scenario, stream, nonce = "0") => {
	const { Client } = require("trilogue");
	const client = new Client({ apiKey: "k", baseURL: "${url}/v/" + scenario + "/pieces/" + nonce, maxRetries: 0 });
	return client.chat.completions.create({ model: "m", stream, messages: [{ role: "user", content: "x" }] });
};
/** Waits for the next item of a stream that sends no further items. */
const wait = async (told, nonce) => {
	let count = 0;
	for await (const _ of await open("begun", true, nonce)) if (++count === ${texts.length}) told();
};
/** A thread that does so. */
const waiting = () => new Promise((ready, failed) => {
	const told = "() => require('node:worker_threads').parentPort.postMessage(0)";
	const worker = new Worker("const open = " + open + "; const wait = " + wait + "; wait(" + told + ");", { eval: true });
	worker.once("message", () => ready(worker)).once("error", failed);
});
/** A thread that waits for five streams and for the reply to a call. */
const busy = (nonce) => new Promise((ready, failed) => {
	const script = "const open = " + open + "; const wait = " + wait + "; let left = 5;" +
		"const told = () => --left || require('node:worker_threads').parentPort.postMessage(0);" +
		"for (let i = 0; i < 5; i++) wait(told, '" + nonce + "'); open('silent', false, '" + nonce + "');";
	const worker = new Worker(script, { eval: true });
	worker.once("message", () => ready(worker)).once("error", failed);
});
/** How many requests were sent, and how many of them the server has not seen closed. */
const requests = async (nonce) => {
	const entries = await (await fetch("${url}/log/" + nonce)).json();
	return [entries.length, entries.filter(({ outcome }) => outcome === "open").length];
};
const ask = async () => {
	const { choices } = await open("whole", false);
	console.log(choices[0].message.content);
};
`;

const cases = {
	"a process waits for its calls": "ask();",
	"a process ends although an unread stream is open": `
		open("begun", true).then((stream) => stream.next()).then(ask);`,
	"a process can end while it waits": "wait(() => ask().then(() => process.exit()));",
	"threads end during their streams, and later threads start": `
		(async () => {
			for (let round = 0; round < 3; round++) {
				for (const worker of await Promise.all([waiting(), waiting()])) await worker.terminate();
			}
			await ask();
		})();`,
	"the streams of a thread are closed with it, while others continue": `
		(async () => {
			const threads = await Promise.all(Array.from({ length: 12 }, () => busy("ended")));
			const other = await busy("other");
			await Promise.all(threads.map((worker) => worker.terminate()));
			while ((await requests("ended"))[1] > 0) await new Promise((ready) => setTimeout(ready, 20));
			const counts = [...await requests("ended"), ...await requests("other")];
			if (counts.join() !== "72,0,6,6") throw new Error("requests, and those that are open: " + counts);
			await other.terminate();
			while ((await requests("other"))[1] > 0) await new Promise((ready) => setTimeout(ready, 20));
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
	"a start of the module after a failed one is shared": `
		(async () => {
			const { init } = await import("trilogue/slim");
			const bytes = require("node:fs").readFileSync(require.resolve("trilogue/trilogue.wasm"));
			const failing = Promise.reject(new Error("no connection"));
			let second;
			const first = init(failing).catch(() => (second = init(bytes)));
			init(failing).catch(() => undefined);
			await first;
			if (init(bytes) !== second) throw new Error("the module is started twice");
			await ask();
		})();`,
	"a module of conversations that cannot be loaded is an error of its first use": `
		(async () => {
			const getBuiltin = process.getBuiltinModule;
			// A host that can only decompress asynchronously, and fails.
			process.getBuiltinModule = undefined;
			globalThis.DecompressionStream = class { constructor() { throw new Error("no memory"); } };
			const { join, dirname } = require("node:path");
			const { Conversation } = await import(join(dirname(require.resolve("trilogue")), "conversation-universal.mjs"));
			process.getBuiltinModule = getBuiltin;
			await new Promise((ready) => setTimeout(ready, 20));
			let error;
			try { new Conversation(); } catch (thrown) { error = thrown; }
			if (error?.name !== "APIConnectionError" || error.cause.message !== "no memory") throw new Error("the error is " + error);
			await ask();
		})();`,
};

/** Runs all of them over the addon. */
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
