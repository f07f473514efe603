// The entry point for Node and Bun: uses the addon, which is in a package of its own for each platform, or the wasm module if none fits.
//
// Loads a module only when it is used. TRILOGUE_BINDING (`native` or `wasm`) selects one.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Addon, bindingOf, kitOf } from "../binding/addon.js";
import { type Binding, install } from "../binding/binding.js";
import { createError } from "../binding/errors.js";
import { installKit, type Kit } from "../binding/kit.js";
import type { loadKitSync } from "../binding/kit-wasm.js";
import type { loadSync } from "../binding/wasm.js";

const platform = `${process.platform}-${process.arch}`;
/** The packages that may be installed; npm installs the one for this platform's C library. */
const packages = (process.platform === "linux" ? ["-gnu", "-musl"] : [""]).map(
	(libc) => `@trilogue/${platform}${libc}`,
);
const requested = process.env.TRILOGUE_BINDING || "any";

/** The addon, or the reason why there is none. */
function addon(): Addon | string {
	const whys: string[] = [];
	for (const name of packages) {
		try {
			return require(name) as Addon;
		} catch (error) {
			const { code, message } = error as NodeJS.ErrnoException;
			whys.push(`${name} ${code === "MODULE_NOT_FOUND" ? "is not installed" : `cannot be loaded: ${message}`}`);
		}
	}
	return whys.join("; ");
}

function wasmKit(): Kit {
	const { loadKitSync: start } = require("./kit.cjs") as { loadKitSync: typeof loadKitSync };
	return start(readFileSync(join(__dirname, "kit.wasm")));
}

function wasm(): Binding {
	installKit(wasmKit);
	const { loadSync: start } = require("./wasm.cjs") as { loadSync: typeof loadSync };
	return start(readFileSync(join(__dirname, "trilogue.wasm")), process.env);
}

function choose(): Binding {
	if (requested === "wasm") return wasm();
	if (requested !== "any" && requested !== "native") {
		throw createError(
			"ConfigurationError",
			`TRILOGUE_BINDING is ${JSON.stringify(requested)}: it must be native or wasm`,
		);
	}
	const found = addon();
	if (typeof found !== "string") {
		installKit(() => kitOf(found));
		return bindingOf(found);
	}
	if (requested === "native") throw createError("ConfigurationError", `no native addon: ${found}`);
	process.emitWarning(`trilogue uses its wasm module, which is slower than a native addon: ${found}`, {
		code: "TRILOGUE_WASM",
		detail:
			"Install without --omit=optional and on this platform, or set TRILOGUE_BINDING=wasm to use it without this warning.",
	});
	return wasm();
}

install(choose());

// `trilogue/conversation` and `trilogue/snippets` re-export these, so that all of them share their classes in Node.
export { Conversation, ConversationRun } from "../conversation/conversation.js";
export * from "../index.js";
export { Client as default } from "../index.js";
export { snippet } from "../snippets.js";
