// The host of a program that a bundler may have put together: Node with or without the addon, or a host that has only the wasm module.
//
// Bundlers must neither copy the addon nor fail on it, and their output may run in any folder. So Node's modules are obtained at run time, and
// the addon is searched from the folder of the program; never from the working directory, which may contain files of others.

import type { Addon } from "../binding/addon.js";
import type { Environment } from "../binding/wasm.js";
import { type EmbeddedName, embedded } from "./embedded.js";

/** The version of this package. `build.mjs` fills it in. */
declare const PACKAGE_VERSION: string;

const { process, Deno } = globalThis as { process?: Partial<NodeJS.Process>; Deno?: unknown };

/** `process.getBuiltinModule`, which Node has from 20.16 and 22.3 on. Not used in Deno, which would ask the user for permissions. */
export const getBuiltin = (Deno ? undefined : process?.getBuiltinModule) as
	| typeof globalThis.process.getBuiltinModule
	| undefined;

/** The environment variables. */
export const environment: Environment = (Deno ? undefined : process?.env) ?? {};

/** Decompresses an embedded module; missing in hosts that can only do it asynchronously. */
export const bytesOf: ((name: EmbeddedName) => Uint8Array<ArrayBuffer>) | undefined =
	getBuiltin && ((name) => getBuiltin("node:zlib").gunzipSync(Buffer.from(embedded(name), "base64")));

/** Returns the exports of an installed addon of this version. Throws an error with the code `MODULE_NOT_FOUND` if there is none. */
export function loadInstalled(name: string): Addon {
	const createRequire = getBuiltin?.("node:module").createRequire;
	const program = process?.argv?.[1];
	const own = program && createRequire?.(program);
	if (createRequire && own) {
		// Some package managers install the addon only beside this package.
		for (const find of [() => own, () => createRequire(own.resolve("trilogue/package.json"))]) {
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
