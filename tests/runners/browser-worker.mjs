// In a web worker: replays the vectors over the wasm module with every feature, which a client with limits loads, and posts the outcome.

import { replayAll } from "./vectors.mjs";

const server = new URL(import.meta.url).search.slice(1);
const refused = [];
self.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) => {
	refused.push(`worker: the Content-Security-Policy refused ${violatedDirective}: ${blockedURI}`);
});
const trilogue = await import("/project/node_modules/trilogue/dist/browser.mjs");
// An option that needs the module, and limits nothing.
const options = { queueTimeout: 600_000 };
const { passed, failed, failures } = await replayAll("worker", trilogue, server, options);
self.postMessage({ passed, failed: failed + refused.length, failures: [...failures, ...refused] });
