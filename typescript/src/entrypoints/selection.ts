// Selects the binary module in Node: the addon, which is in a package of its own for each platform, or the wasm module if no addon fits.
//
// TRILOGUE_BINDING (`native` or `wasm`) overrides the selection.

import type { Addon } from "../binding/addon.js";
import { createError } from "../binding/errors.js";

/**
 * Returns the addon, or nothing if the wasm module is to be used. `load` returns the exports of a package, and throws an error with the code
 * `MODULE_NOT_FOUND` and a message that names the package if it is not installed.
 */
export function selectAddon(load: (name: string) => Addon): Addon | undefined {
	const requested = process.env.TRILOGUE_BINDING || "any";
	if (requested === "wasm") return undefined;
	if (requested !== "any" && requested !== "native") {
		throw createError(
			"ConfigurationError",
			`TRILOGUE_BINDING is ${JSON.stringify(requested)}: it must be native or wasm`,
		);
	}
	const found = findAddon(load);
	if (typeof found !== "string") return found;
	if (requested === "native") throw createError("ConfigurationError", `no native addon: ${found}`);
	process.emitWarning(`trilogue uses its wasm module, which is slower than a native addon: ${found}`, {
		code: "TRILOGUE_WASM",
		detail:
			"Install without --omit=optional and on this platform, or set TRILOGUE_BINDING=wasm to use it without this warning.",
	});
	return undefined;
}

/** The addon, or the reason why there is none. */
function findAddon(load: (name: string) => Addon): Addon | string {
	const platform = `${process.platform}-${process.arch}`;
	// npm installs the package for this platform's C library.
	const libraries = process.platform === "linux" ? ["-gnu", "-musl"] : [""];
	const whys: string[] = [];
	for (const library of libraries) {
		const name = `@trilogue/${platform}${library}`;
		try {
			return load(name);
		} catch (error) {
			const { code, message } = error as NodeJS.ErrnoException;
			whys.push(code === "MODULE_NOT_FOUND" ? message : `${name} cannot be loaded: ${message}`);
		}
	}
	return whys.join("; ");
}
