// The entry point for Deno. Uses the wasm module, which needs no permission to load native code.
//
// Loads it synchronously, so that a worker misses no message. Without the permission to read environment variables, none are used.

import { install } from "../binding/binding.js";
import { loadSync } from "../binding/wasm.js";
import { BASE_URL_VARIABLE, KEY_VARIABLE } from "../generated/constants.js";

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

const environment = {
	[KEY_VARIABLE]: variable(KEY_VARIABLE),
	[BASE_URL_VARIABLE]: variable(BASE_URL_VARIABLE),
};
install(loadSync(Deno.readFileSync(new URL("./trilogue.wasm", import.meta.url)), environment));

export * from "../index.js";
export { Client as default } from "../index.js";
