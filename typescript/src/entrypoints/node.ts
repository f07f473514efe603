// The entry point for Node and Bun, and for bundles of programs for them: uses the addon, or the wasm module if no addon fits.
//
// Loads the wasm modules only if they are used. Bundlers follow the calls of `require`; they must not find the one that loads the addon.

import { installBatches } from "../batch/install.js";
import { startBatch } from "../batch/run.js";
import { type Addon, bindingOf, kitOf } from "../binding/addon.js";
import { install } from "../binding/binding.js";
import { installKit } from "../binding/kit.js";
import type { loadKitSync } from "../binding/kit-wasm.js";
import type { loadSync } from "../binding/wasm.js";
import { type EmbeddedName, embedded } from "./embedded.js";
import { type GetBuiltin, getBuiltin, loadInstalled } from "./host.js";
import { startExporters } from "./node-exporters.js";
import { startTokenizer } from "./node-vocabulary.js";
import { refuseOutOfScope } from "./out-of-scope.js";
import { selectAddon } from "./selection.js";

/** Node's modules in versions without `getBuiltinModule`. Written out, since bundlers follow only calls of `require` with a string. */
const required: Record<string, () => unknown> = {
	"node:diagnostics_channel": () => require("node:diagnostics_channel"),
	"node:fs": () => require("node:fs"),
	"node:module": () => require("node:module"),
	"node:path": () => require("node:path"),
	"node:zlib": () => require("node:zlib"),
};
const builtin = getBuiltin ?? (((name: string) => required[name]?.()) as GetBuiltin);

/** Decompresses an embedded module. */
const bytes = (name: EmbeddedName) => builtin("node:zlib").gunzipSync(Buffer.from(embedded(name), "base64"));

/** Loads the addon that is installed with this package, or where the program runs if a bundler has moved this file. */
function load(name: string): Addon {
	try {
		// Bundlers set no file name here, or replace `__filename` by the one of the build.
		return builtin("node:module").createRequire(module.filename)(name) as Addon;
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === "ERR_DLOPEN_FAILED") throw error;
		return loadInstalled(name, builtin);
	}
}

function wasm() {
	require("./embedded-trilogue.cjs");
	const { loadSync: start } = require("./wasm.cjs") as { loadSync: typeof loadSync };
	return start(bytes("trilogue"), process.env);
}

function kit() {
	require("./embedded-kit.cjs");
	const { loadKitSync: start } = require("./kit.cjs") as { loadKitSync: typeof loadKitSync };
	return start(bytes("kit"));
}

const addon = selectAddon(load);
install(addon ? bindingOf(addon, wasm) : wasm());
installKit(addon ? () => kitOf(addon) : kit);
// A bundler may set no file name, or a relative one.
const own = builtin("node:path").isAbsolute(module.filename ?? "") ? module.filename : undefined;
startExporters(builtin, addon, own);
if (addon) startTokenizer(builtin, addon, own);
refuseOutOfScope();
installBatches(startBatch);

// `trilogue/conversation` and `trilogue/snippets` re-export these, so that all of them share their classes in Node.
export { Conversation, ConversationRun } from "../conversation/conversation.js";
export * from "../index.js";
export { Client as default } from "../index.js";
export { snippet } from "../snippets.js";
export * as tokens from "../tokens.js";
