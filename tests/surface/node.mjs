// Runs the tests of the surface, or with the word `storm` the storm, in this Node, which has `gc`, and prints the outcome as JSON:
// node --expose-gc node.mjs RUNTIME SERVER [storm]
//
// Fails for an unhandled rejection, an exception outside a promise, and a warning.

import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { runAll } from "./cases.mjs";
import { storm } from "./storm.mjs";

const [runtime, server, word] = process.argv.slice(2);
const unheard = [];
process.on("unhandledRejection", (error) => unheard.push(`${runtime}: nobody heard of ${error?.stack ?? error}`));
process.on("uncaughtException", (error) => unheard.push(`${runtime}: nobody could catch ${error?.stack ?? error}`));
process.on("warning", (warning) => unheard.push(`${runtime}: a warning: ${warning.stack}`));
const entry = createRequire(pathToFileURL(`${process.cwd()}/package.json`)).resolve("trilogue");
const trilogue = await import(pathToFileURL(entry.replace(/\.cjs$/, ".mjs")).href);
const run = word === "storm" ? () => storm(trilogue, server) : () => runAll(runtime, trilogue, server, globalThis.gc);
const { passed, failed, failures } = await run().catch((error) => ({ passed: 0, failed: 1, failures: [`${error?.stack ?? error}`] }));
// An exception outside a promise may arrive one turn later.
await new Promise((ready) => setTimeout(ready, 20));
console.log(JSON.stringify({ passed, failed: failed + unheard.length, failures: [...failures, ...unheard] }));
process.exit();
