// The entry point for Node and Bun, and for bundles of programs for them: uses the addon, or the wasm module if no addon fits.
//
// Loads the wasm modules only if they are used. Bundlers follow the calls of `require`; they must not find the one that loads the addon.

import { installBatches } from "../batch/install.js";
import { startBatch } from "../batch/run.js";
import { type Addon, bindingOf, kitOf } from "../binding/addon.js";
import { install } from "../binding/binding.js";
import { parseError } from "../binding/errors.js";
import { installKit } from "../binding/kit.js";
import type { loadKitSync } from "../binding/kit-wasm.js";
import { installVocabulary, type NativeVocabulary } from "../binding/vocabulary.js";
import type { loadSync } from "../binding/wasm.js";
import { addExporter, setToolExporter } from "../requests/observers.js";
import { embedded } from "./embedded.js";
import { bytesOf, getBuiltin, loadInstalled } from "./host.js";
import { readVocabulary } from "./node-vocabulary.js";
import { refuseOutOfScope } from "./out-of-scope.js";
import { selectAddon } from "./selection.js";
import { type OpenTelemetry, publisher, Telemetry } from "./telemetry.js";

/** Decompresses an embedded module. */
const bytes = bytesOf ?? ((name) => require("node:zlib").gunzipSync(Buffer.from(embedded(name), "base64")));

/** Loads the addon that is installed with this package, or where the program runs if a bundler has moved this file. */
function load(name: string): Addon {
	try {
		const { createRequire } = getBuiltin?.("node:module") ?? (require("node:module") as typeof import("node:module"));
		// Bundlers set no file name here, or replace `__filename` by the one of the build.
		return createRequire(module.filename)(name) as Addon;
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === "ERR_DLOPEN_FAILED") throw error;
		return loadInstalled(name);
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

/** Loads the API of OpenTelemetry: the one that is installed with this package or where the program runs, whose SDK is in a global variable. */
function loadOpenTelemetry(): OpenTelemetry {
	const { createRequire } = getBuiltin?.("node:module") ?? (require("node:module") as typeof import("node:module"));
	const [, program] = process.argv;
	try {
		return createRequire(module.filename)("@opentelemetry/api") as OpenTelemetry;
	} catch (error) {
		if (!program) throw error;
		return createRequire(program)("@opentelemetry/api") as OpenTelemetry;
	}
}

const channels =
	getBuiltin?.("node:diagnostics_channel") ??
	(require("node:diagnostics_channel") as typeof import("node:diagnostics_channel"));
addExporter(publisher(channels.channel("trilogue:call")));
const telemetry = new Telemetry(loadOpenTelemetry);
addExporter(telemetry.call);
setToolExporter(telemetry.tool);

/** Loads the vocabulary into the addon. */
function loadVocabulary({ NativeVocabulary }: Addon): NativeVocabulary {
	const vocabulary = new NativeVocabulary();
	const error = vocabulary.load(readVocabulary(module.filename));
	if (error) throw parseError(error);
	return vocabulary;
}

const addon = selectAddon(load);
install(addon ? bindingOf(addon, wasm) : wasm());
installKit(addon ? () => kitOf(addon) : kit);
if (addon) installVocabulary(() => loadVocabulary(addon));
refuseOutOfScope();
installBatches(startBatch);

// `trilogue/conversation` and `trilogue/snippets` re-export these, so that all of them share their classes in Node.
export { Conversation, ConversationRun } from "../conversation/conversation.js";
export * from "../index.js";
export { Client as default } from "../index.js";
export { snippet } from "../snippets.js";
export * as tokens from "../tokens.js";
