// In a page: workers receive messages as soon as they are created, and service workers start, although the package is still loading its module.
// Shows the outcome as JSON. In a worker, which runs this script too: sends a request to the server that a message names, and posts the outcome.
//
// Imports the package at the top, as programs do, without awaiting anything there.

import * as trilogue from "/project/node_modules/trilogue/dist/browser.mjs";
import { ask, equal, fails } from "../structured/checks.mjs";
import { texts } from "./scenarios.mjs";

/** The actions of a program right after it was loaded. */
async function use(url) {
	// At construction if the module is loaded already, as in a service worker that starts again.
	const early = async () => new trilogue.Client({ baseURL: "https://example.test" }).chat.completions.create(ask);
	const refused = await fails(early(), "ConfigurationError", "apiKey");
	equal(refused instanceof trilogue.ConfigurationError, true);
	const client = new trilogue.Client({ baseURL: url, maxRetries: 0 });
	const words = [];
	for await (const text of (await client.chat.completions.create({ ...ask, stream: true })).textStream) words.push(text);
	equal(words, texts);
	await trilogue.ready();
	equal(client.baseURL, url);
	// From now on at construction, as over the other entry points.
	return fails((async () => new trilogue.Client({ baseURL: "https://example.test" }))(), "ConfigurationError").then(() => "done");
}

const cases = {
	/** Creates the client in the same turn as the import. */
	page: (url) => use(url),
	/** Posts the message before the worker has loaded anything. */
	"a worker": (url) =>
		new Promise((resolve, reject) => {
			const worker = new Worker(import.meta.url, { type: "module" });
			worker.onmessage = ({ data }) => resolve(data);
			worker.onerror = ({ message }) => reject(new Error(`the worker failed: ${message}`));
			worker.postMessage(url);
		}),
	"a shared worker": (url) =>
		new Promise((resolve, reject) => {
			const worker = new SharedWorker(import.meta.url, { type: "module" });
			worker.port.onmessage = ({ data }) => resolve(data);
			worker.onerror = ({ message }) => reject(new Error(`the worker failed: ${message}`));
			worker.port.postMessage(url);
		}),
	"a service worker": async (url) => {
		const registration = await navigator.serviceWorker.register(import.meta.url, { type: "module" });
		const worker = registration.installing ?? registration.waiting ?? registration.active;
		const answer = new Promise((resolve) => {
			navigator.serviceWorker.onmessage = ({ data }) => resolve(data);
		});
		navigator.serviceWorker.startMessages();
		worker.postMessage(url);
		try {
			return await answer;
		} finally {
			await registration.unregister();
		}
	},
};

async function runCases(server) {
	const failures = [];
	let passed = 0;
	for (const [title, run] of Object.entries(cases)) {
		const url = `${server}/v/spoken/pieces/start-${title.replaceAll(" ", "-")}`;
		const late = new Promise((_, reject) => {
			setTimeout(reject, 30_000, new Error("took too long"));
		});
		try {
			equal(await Promise.race([run(url), late]), "done");
			passed += 1;
		} catch (error) {
			failures.push(`start: ${title}: ${error?.stack ?? error}`);
		}
	}
	return { passed, failed: failures.length, failures };
}

async function show(server) {
	const unheard = [];
	addEventListener("unhandledrejection", ({ reason }) => unheard.push(`page: nobody heard of ${reason?.stack ?? reason}`));
	addEventListener("error", ({ error, message }) => unheard.push(`page: nobody could catch ${error?.stack ?? message}`));
	const { passed, failed, failures } = await runCases(server);
	const outcome = { passed, failed: failed + unheard.length, failures: [...failures, ...unheard] };
	document.body.appendChild(document.createElement("output")).textContent = JSON.stringify(outcome);
}

if (globalThis.document) {
	show(new URL(import.meta.url).search.slice(1));
} else {
	const answer = async (url) => use(url).catch((error) => `${error?.stack ?? error}`);
	if ("onconnect" in self) {
		self.onconnect = ({ ports: [port] }) => {
			port.onmessage = async ({ data }) => port.postMessage(await answer(data));
		};
	} else {
		self.onmessage = (event) => {
			const done = answer(event.data).then((text) => (event.source ?? self).postMessage(text));
			event.waitUntil?.(done);
		};
	}
}
