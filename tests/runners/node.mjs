// Replays the vectors in Node. Arguments: the test server's address. Runs in a folder where the tarball is installed.

import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { replayAll } from "./vectors.mjs";

const [server] = process.argv.slice(2);
// The package is resolved from the working folder and not from this file.
const entry = createRequire(pathToFileURL(`${process.cwd()}/package.json`)).resolve("trilogue");
const trilogue = await import(pathToFileURL(entry.replace(/\.cjs$/, ".mjs")).href);
// The server distinguishes the runs over the addon and over the wasm module by this name.
const runtime = process.env.TRILOGUE_BINDING === "wasm" ? "node-wasm" : "node";
const { passed, failed, failures } = await replayAll(runtime, trilogue, server);
for (const failure of failures) console.error(failure);
console.log(`${runtime}: ${passed} passed, ${failed} failed`);
process.exitCode = failed ? 1 : 0;
