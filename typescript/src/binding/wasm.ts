// The wasm module as a `Binding`.
//
// Starts the module; depends on nothing else of the package, since Node loads it alone on platforms without an addon.

import start, { check, NativeClient, operation, initSync as startSync } from "glue-of-client";
import { CLIENT_VARIABLES } from "../generated/constants.js";
import type { Binding } from "./binding.js";
import { DrivenClient } from "./driver.js";

/** A compiled module, its bytes, or the URL of the file. */
export type WasmSource = WebAssembly.Module | BufferSource | Response | URL | string;

/** Environment variables, which a wasm module cannot read by itself. */
export type Environment = Record<string, string | undefined>;

/** Whether this is a page or one of its workers, whose requests need the consent of the server for each additional header. */
const isPage = "document" in globalThis || "WorkerGlobalScope" in globalThis;

const bindingWith = (environment: Environment): Binding => {
	// Read for each client, since a program may set variables after it has loaded the package.
	const variables = () => JSON.stringify(Object.fromEntries(CLIENT_VARIABLES.map((name) => [name, environment[name]])));
	return {
		check: (options) => check(JSON.stringify(options), variables()),
		make: (options, fetch) => new DrivenClient(NativeClient.make(JSON.stringify(options), variables(), isPage), fetch),
		operation,
	};
};

/** Starts the module. */
export async function load(source: WasmSource | Promise<WasmSource>, environment: Environment = {}): Promise<Binding> {
	await start({ module_or_path: source });
	return bindingWith(environment);
}

/** Starts the module synchronously, which browsers allow only for small modules, or outside their main thread. */
export function loadSync(source: WebAssembly.Module | BufferSource, environment: Environment = {}): Binding {
	startSync({ module: source });
	return bindingWith(environment);
}
