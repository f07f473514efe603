// In a page: runs the tests of the surface, or with the word `storm` the storm, and shows the outcome as JSON.
//
// Fails for an unhandled rejection and for an exception outside a promise.

import * as trilogue from "/project/node_modules/trilogue/dist/browser.mjs";
import { runAll } from "./cases.mjs";
import { storm } from "./storm.mjs";

const unheard = [];
addEventListener("unhandledrejection", ({ reason }) => unheard.push(`page: nobody heard of ${reason?.stack ?? reason}`));
addEventListener("error", ({ error, message }) => unheard.push(`page: nobody could catch ${error?.stack ?? message}`));
const [server, word] = new URL(import.meta.url).search.slice(1).split(",");
const run = word === "storm" ? () => storm(trilogue, server) : () => runAll("page", trilogue, server, globalThis.gc);
const { passed, failed, failures } = await run().catch((error) => ({ passed: 0, failed: 1, failures: [`${error?.stack ?? error}`] }));
await new Promise((ready) => setTimeout(ready, 20));
const outcome = { passed, failed: failed + unheard.length, failures: [...failures, ...unheard] };
document.body.appendChild(document.createElement("output")).textContent = JSON.stringify(outcome);
