// Runs the tests of the surface in this Node, which has `gc`, and prints the outcome as JSON: node --expose-gc node.mjs RUNTIME SERVER
//
// Law: nothing may be rejected that nobody hears of.

import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { runAll } from "./cases.mjs";

const [runtime, server] = process.argv.slice(2);
const unheard = [];
process.on("unhandledRejection", (error) => unheard.push(`${runtime}: nobody heard of ${error?.stack ?? error}`));
const entry = createRequire(pathToFileURL(`${process.cwd()}/package.json`)).resolve("trilogue");
const trilogue = await import(pathToFileURL(entry.replace(/\.cjs$/, ".mjs")).href);
const { passed, failed, failures } = await runAll(runtime, trilogue, server, globalThis.gc);
console.log(JSON.stringify({ passed, failed: failed + unheard.length, failures: [...failures, ...unheard] }));
process.exit();
