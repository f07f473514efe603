// The entry for Deno: stands on the wasm module, which needs no right to load native code.
//
// Law: loads and installs; nothing else. Without the right to read variables, there are none.

import { install } from "./binding.js";
import { load } from "./glue.js";

declare const Deno: {
	env: { get(name: string): string | undefined };
	readFile(path: URL): Promise<Uint8Array<ArrayBuffer>>;
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
install(await load(await Deno.readFile(new URL("./trilogue.wasm", import.meta.url)), environment));

export * from "./index.js";
export { Client as default } from "./index.js";
