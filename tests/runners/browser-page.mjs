// In a page: replays the vectors here, then in a worker, and shows each outcome as JSON in an element with the name of the runtime.

import { replayAll } from "./vectors.mjs";

const server = new URL(import.meta.url).search.slice(1);
const refused = [];
document.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) => {
	refused.push(`${violatedDirective}: ${blockedURI}`);
});

function show(id, outcome) {
	const element = document.body.appendChild(document.createElement("pre"));
	element.textContent = JSON.stringify(outcome);
	element.id = id;
}

async function inPage() {
	return replayAll("browser", await import("/project/node_modules/trilogue/dist/browser.mjs"), server);
}

function inWorker() {
	const policy = trustedTypes.createPolicy("worker", { createScriptURL: (url) => url });
	const url = policy.createScriptURL(`/runners/browser-worker.mjs?${server}`);
	const worker = new Worker(url, { type: "module" });
	return new Promise((resolve, reject) => {
		worker.onmessage = ({ data }) => resolve(data);
		worker.onerror = ({ message }) => reject(new Error(message || "the worker didn't start"));
	});
}

for (const [runtime, run] of Object.entries({ browser: inPage, worker: inWorker })) {
	const failed = (error) => ({ passed: 0, failed: 1, failures: [`${runtime}: ${error?.message ?? error}`] });
	show(runtime, await run().catch(failed));
}
show("refused", refused);
