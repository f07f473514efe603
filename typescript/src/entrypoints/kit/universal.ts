// Loads `kit.wasm` for `universal.ts`, or takes its operations from the addon.
//
// Has no top-level `await`, which bundles in CommonJS cannot contain.

import { kitOf } from "../../binding/addon.js";
import { createError } from "../../binding/errors.js";
import type { Kit } from "../../binding/kit.js";
import { loadKit, loadKitSync } from "../../binding/kit-wasm.js";
import { addon } from "../addon-universal.js";
import { decompress } from "../embedded.js";
import { bytesOf } from "../host.js";
// @ts-expect-error written by the build
import "./embedded-kit.cjs";

let loaded: Kit | undefined;
let failure: Error | undefined;
if (addon) loaded = kitOf(addon);
else if (!bytesOf) {
	loadKit(decompress("kit")).then(
		(kit) => {
			loaded = kit;
		},
		(cause: Error) => {
			failure = Object.assign(createError("APIConnectionError", `cannot load kit.wasm: ${cause.message}`), { cause });
		},
	);
}

/** The module; nothing while it is loading, in hosts that cannot decompress it synchronously. Throws if it could not be loaded. */
export function universalKit(): Kit | undefined {
	if (failure) throw failure;
	loaded ??= bytesOf && loadKitSync(bytesOf("kit"));
	return loaded;
}
