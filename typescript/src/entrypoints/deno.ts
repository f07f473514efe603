// The entry point for Deno. Uses the wasm module, which needs no permission to load native code.
//
// Loads it synchronously, so that a worker misses no message. Without the permission to read environment variables, none are used.

import { install } from "../binding/binding.js";
import { loadSync } from "../binding/wasm.js";
import { CLIENT_VARIABLES } from "../generated/constants.js";

declare const Deno: {
	env: { get(name: string): string | undefined };
	readFileSync(path: URL): Uint8Array<ArrayBuffer>;
};

function variable(name: string): string | undefined {
	try {
		return Deno.env.get(name);
	} catch {
		return undefined;
	}
}

const environment = Object.fromEntries(CLIENT_VARIABLES.map((name) => [name, variable(name)]));
install(loadSync(Deno.readFileSync(new URL("./trilogue.wasm", import.meta.url)), environment));

export * from "../index.js";
export { Client as default } from "../index.js";
