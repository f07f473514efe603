// The tests of the playground, in Chromium.
//
// Arguments: the folder of the built page, the program of the test server, the folder for screenshots, the path of Chromium, that of
// playwright-core, and that of axe. A word after them runs only the cases that have it in their names.
// Runs every case, also after a failure; each has a page and an endpoint of its own. Prints how many passed.

import { spawn } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { serve } from "../../examples/playground/serve.mjs";
import { cases } from "./cases.mjs";
import { scenarios } from "./scenarios.mjs";
import { states } from "./states.mjs";

const [built, program, shots, chromium, playwright, axe, only = ""] = process.argv.slice(2);
rmSync(shots, { recursive: true, force: true });
const vectors = join(shots, "scenarios");
mkdirSync(vectors, { recursive: true });
for (const [name, response] of Object.entries(scenarios)) {
	writeFileSync(join(vectors, `${name}.json`), JSON.stringify({ about: "a script", response, expect: {} }));
}
const server = spawn(program, [vectors], { stdio: ["pipe", "pipe", "inherit"] });
const url = await new Promise((ready) => createInterface(server.stdout).once("line", ready));
const { server: web, url: site } = await serve(built, "some/folder");
const { chromium: launcher } = (await import(pathToFileURL(join(playwright, "index.js")).href)).default;
const args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const browser = await launcher.launch({ executablePath: chromium, headless: true, args });
const context = { browser, site, server: url, axe, shots, built };

let passed = 0;
let failed = 0;
for (const [name, run] of Object.entries({ ...cases, ...states })) {
	if (!name.includes(only)) continue;
	try {
		if (process.env.TRILOGUE_VERBOSE) console.log(name);
		await run(context);
		passed += 1;
	} catch (error) {
		failed += 1;
		console.error(`${name}: ${error?.stack ?? error}`);
	}
	for (const left of browser.contexts()) await left.close();
}
await browser.close();
web.close();
web.closeAllConnections();
server.stdin.end();
console.log(`the playground: ${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
