// The entry for Node and Bun: stands on the addon, which lies in a package for each platform, and on the wasm module where none fits.
//
// Law: loads and installs; nothing else. What isn't used isn't loaded. TRILOGUE_BINDING, `native` or `wasm`, says which it must be.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Addon, kitOf, overAddon } from "../binding/addon.js";
import { type Binding, install } from "../binding/binding.js";
import { installKit, type Kit } from "../binding/kit.js";
import type { loadKitSync } from "../binding/kit-wasm.js";
import type { loadSync } from "../binding/wasm.js";
import { failure } from "../requests/calls.js";

const platform = `${process.platform}-${process.arch}`;
/** The packages that may lie here; npm installs the one for this platform's C library. */
const packages = (process.platform === "linux" ? ["-gnu", "-musl"] : [""]).map(
	(libc) => `@trilogue/${platform}${libc}`,
);
const wanted = process.env.TRILOGUE_BINDING || "any";

/** The addon, or why there is none. */
function addon(): Addon | string {
	const whys: string[] = [];
	for (const name of packages) {
		try {
			return require(name) as Addon;
		} catch (error) {
			const { code, message } = error as NodeJS.ErrnoException;
			whys.push(`${name} ${code === "MODULE_NOT_FOUND" ? "isn't installed" : `can't be loaded: ${message}`}`);
		}
	}
	return whys.join("; ");
}

/** What lies beside the client has a module of its own, which is started when it is first used. */
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
	if (wanted === "wasm") return wasm();
	if (wanted !== "any" && wanted !== "native") {
		throw failure("ConfigurationError", `TRILOGUE_BINDING is ${JSON.stringify(wanted)}: it may be native or wasm`);
	}
	const found = addon();
	if (typeof found !== "string") {
		installKit(() => kitOf(found));
		return overAddon(found);
	}
	if (wanted === "native") throw failure("ConfigurationError", `there is no native addon: ${found}`);
	process.emitWarning(`trilogue runs on its wasm module, which is slower than a native addon: ${found}`, {
		code: "TRILOGUE_WASM",
		detail: "Install without --omit=optional and on this platform, or set TRILOGUE_BINDING=wasm where that is meant.",
	});
	return wasm();
}

install(choose());

// What `trilogue/conversation` and `trilogue/snippets` are made of here, in one file with the classes that they share.
export { Conversation, ConversationRun } from "../conversation/conversation.js";
export * from "../index.js";
export { Client as default } from "../index.js";
export { snippet } from "../snippets.js";
