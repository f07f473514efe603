// The host of a program that a bundler may have put together: Node with or without the addon, or a host that has only the wasm module.
//
// Bundlers must neither copy the addon nor fail on it, and their output may run in any folder. So Node's modules are obtained at run time, and
// packages are searched from the folder of the program; never from the working directory, which may contain files of others.

import type { Addon } from "../binding/addon.js";
import type { Environment } from "../binding/wasm.js";
import { type EmbeddedName, embedded } from "./embedded.js";

/** The version of this package. `build.mjs` fills it in. */
declare const PACKAGE_VERSION: string;

const { process, Deno } = globalThis as { process?: Partial<NodeJS.Process>; Deno?: unknown };

/** Returns a module of Node. */
export type GetBuiltin = typeof globalThis.process.getBuiltinModule;

/** `process.getBuiltinModule`, which Node has from 20.16 and 22.3 on. Not used in Deno, which would ask the user for permissions. */
export const getBuiltin = (Deno ? undefined : process?.getBuiltinModule) as GetBuiltin | undefined;

/** The environment variables. */
export const environment: Environment = (Deno ? undefined : process?.env) ?? {};

/** Decompresses an embedded module; missing in hosts that can only do it asynchronously. */
export const bytesOf: ((name: EmbeddedName) => Uint8Array<ArrayBuffer>) | undefined =
	getBuiltin && ((name) => getBuiltin("node:zlib").gunzipSync(Buffer.from(embedded(name), "base64")));

/** Returns `require` of the program's script; undefined if Node runs none. */
function programRequire(builtin: GetBuiltin): NodeJS.Require | undefined {
	const script = process?.argv?.[1];
	// With `--eval`, this is an argument of the program.
	if (!script || !builtin("node:path").isAbsolute(script)) return undefined;
	try {
		// The file that a link names, and a folder also if Node was given one.
		return builtin("node:module").createRequire(`${builtin("node:fs").realpathSync(script)}/`);
	} catch {
		return undefined;
	}
}

/**
 * Returns what `load` returns with the first `require` that finds the package: that of the file `own`, then that of the program. Throws an error
 * with the code `MODULE_NOT_FOUND` if none does.
 */
export function loadPackage<T>(builtin: GetBuiltin, own: string | undefined, load: (require: NodeJS.Require) => T): T {
	const { createRequire } = builtin("node:module");
	let missing: unknown = Object.assign(new Error("it is not installed"), { code: "MODULE_NOT_FOUND" });
	for (const require of [own && createRequire(own), programRequire(builtin)]) {
		try {
			if (require) return load(require);
		} catch (error) {
			if ((error as NodeJS.ErrnoException).code !== "MODULE_NOT_FOUND") throw error;
			missing = error;
		}
	}
	throw missing;
}

/** Returns the exports of an installed addon of this version. Throws an error with the code `MODULE_NOT_FOUND` if there is none. */
export function loadInstalled(name: string, builtin: GetBuiltin | undefined = getBuiltin): Addon {
	const own = builtin && programRequire(builtin);
	if (own) {
		// Some package managers install the addon only beside this package.
		for (const find of [() => own, () => builtin("node:module").createRequire(own.resolve("trilogue/package.json"))]) {
			try {
				const from = find();
				// An addon of another version may have another interface.
				if (from(`${name}/package.json`).version === PACKAGE_VERSION) return from(name) as Addon;
			} catch (error) {
				if ((error as NodeJS.ErrnoException).code !== "MODULE_NOT_FOUND") throw error;
			}
		}
	}
	throw Object.assign(new Error(`${name} ${PACKAGE_VERSION} is not installed`), { code: "MODULE_NOT_FOUND" });
}
