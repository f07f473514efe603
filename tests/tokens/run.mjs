// Tests of `trilogue/tokens` in Node. Usage, in a project with the package: run.mjs TARBALL, the npm package with the data.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const require = createRequire(join(process.cwd(), "package.json"));
const installed = join(process.cwd(), "node_modules/trilogue-o200k");
const { InvalidRequestError } = require("trilogue");

rmSync(installed, { recursive: true, force: true });
// In a process of its own: Node remembers that a package was not found.
const missing = spawnSync(process.execPath, ["-e", 'require("trilogue/tokens").count("a")'], { encoding: "utf8" });
assert.match(missing.stderr, /ConfigurationError: .*npm install trilogue-o200k/);
mkdirSync(installed, { recursive: true });
const unpacked = spawnSync("tar", ["-xzf", process.argv[2], "-C", installed, "--strip-components=1"]);
assert.equal(unpacked.status, 0);
const tokens = await import(pathToFileURL(require.resolve("trilogue/tokens")).href);

const text = "Hello, world! Größe 中文 🙂 <|start|>";
const ids = tokens.encode(text);
assert.deepEqual([...tokens.encode("Hello, world!")], [13225, 11, 2375, 0]);
assert.equal(tokens.count(text), ids.length);
assert.equal(tokens.decode(ids), text);
assert.deepEqual(Buffer.from(tokens.decodeBytes([...ids])), Buffer.from(text));
assert.equal(tokens.encode(text, { special: true }).at(-1), 200006);
assert.equal(tokens.count("<|start|>", { special: true }), 1);
assert.equal(tokens.countUpTo(text, ids.length), ids.length);
assert.equal(tokens.countUpTo(text, ids.length - 1), null);
assert.equal(tokens.countUpTo("", -1), null);
assert.equal(tokens.decode(tokens.encode("\ufeffa")), "\ufeffa");
for (const wrong of [201088, -1, 1.5, 2 ** 32, Number.NaN, Number.POSITIVE_INFINITY]) {
	assert.throws(() => tokens.decode([13225, wrong]), InvalidRequestError);
}
assert.throws(() => tokens.decode([-1]), { message: /^-1 is not a token: / });
assert.equal(require("trilogue/tokens").count("Hello, world!"), 4);

// Prompts: `test_prompts.py` compares them with what other renderers make.
const request = { model: "openai-gpt-oss-120b", messages: [{ role: "user", content: "Hi" }] };
for (const profile of ["harmony", "jinja"]) {
	assert.deepEqual(tokens.countPrompt(request, { profile }), { tokens: 68, basis: "exact", profile });
	assert.equal(tokens.encodePrompt(request, { profile }).length, 68);
	assert.match(tokens.renderPrompt(request, { profile, date: "2025-06-28" }), /Current date: 2025-06-28\n/);
}
assert.equal(tokens.countPrompt({ ...request, model: "qwen3" }).basis, "estimate");
assert.equal(tokens.renderPrompt({ ...request, max_tokens: 9 }, { endpoint: "messages" }), tokens.renderPrompt(request));
assert.throws(() => tokens.countPrompt({ model: "gpt-oss", messages: [{ role: "robot" }] }), InvalidRequestError);
assert.throws(() => tokens.renderPrompt(request, { profile: "openai" }), InvalidRequestError);
rmSync(installed, { recursive: true });
console.log("tokens in Node: passed");
