// In a page: runs the tests of the surface, and shows the outcome as JSON.

import * as trilogue from "/project/node_modules/trilogue/dist/browser.mjs";
import { runAll } from "./cases.mjs";

const unheard = [];
addEventListener("unhandledrejection", ({ reason }) => unheard.push(`page: nobody heard of ${reason?.stack ?? reason}`));
const { passed, failed, failures } = await runAll("page", trilogue, new URL(import.meta.url).search.slice(1), globalThis.gc);
const outcome = { passed, failed: failed + unheard.length, failures: [...failures, ...unheard] };
document.body.appendChild(document.createElement("output")).textContent = JSON.stringify(outcome);
