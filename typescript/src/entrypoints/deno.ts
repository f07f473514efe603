// The entry point for Deno. Uses the wasm module, which needs no permission to load native code.
//
// Loads it synchronously, so that a worker misses no message. Without the permission to read environment variables, none are used.

import { install } from "../binding/binding.js";
import { loadSync } from "../binding/wasm.js";

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
	MODELSLAB_API_KEY: variable("MODELSLAB_API_KEY"),
	MODELSLAB_BASE_URL: variable("MODELSLAB_BASE_URL"),
};
install(loadSync(Deno.readFileSync(new URL("./trilogue.wasm", import.meta.url)), environment));

export * from "../index.js";
export { Client as default } from "../index.js";
