// The entry point for bundlers that know no host, and for hosts that match no other condition: contains the wasm module.
//
// Uses the addon in Node if it is installed where the program runs.

import { installBatches } from "../batch/install.js";
import { startBatch } from "../batch/run.js";
import { bindingOf } from "../binding/addon.js";
import { type Binding, install } from "../binding/binding.js";
import { deferred } from "../binding/deferred.js";
import { load, loadSync } from "../binding/wasm.js";
import { addon } from "./addon-universal.js";
import { decompress } from "./embedded.js";
import { bytesOf, environment, getBuiltin } from "./host.js";
import { startExporters } from "./node-exporters.js";
// @ts-expect-error written by the build
import "./embedded-trilogue.cjs";

function wasm(): Binding {
	if (bytesOf) return loadSync(bytesOf("trilogue"), environment);
	return deferred({ full: () => load(decompress("trilogue"), environment) });
}

install(addon ? bindingOf(addon, wasm) : wasm());
if (getBuiltin) {
	startExporters(getBuiltin, addon);
	installBatches(startBatch);
}

export * from "../index.js";
export { Client as default } from "../index.js";
