// The wasm module as a `Binding`.
//
// Law: starts the module and knows nothing of the facade: Node loads this alone where no addon fits.

// @ts-expect-error made by the build
import start, { assist, check, NativeClient, initSync as startSync } from "../../dist/trilogue_wasm.js";
import type { Binding, BindingOptions } from "./binding.js";
import { Client } from "./page.js";

/** A compiled module, its bytes, or where to fetch it. */
export type WasmSource = WebAssembly.Module | BufferSource | Response | URL | string;

/** What the environment says: a wasm module can't ask. */
export type Environment = Record<string, string | undefined>;

const binding = (environment: Environment): Binding => {
	const filled = (options: BindingOptions): BindingOptions => {
		const { MODELSLAB_API_KEY: key, MODELSLAB_BASE_URL: url } = environment;
		const told = { ...options };
		if (!told.api_key && key?.trim()) told.api_key = key.trim();
		if (told.base_url === undefined && url?.trim()) told.base_url = url.trim();
		return told;
	};
	return {
		check: (options) => check(JSON.stringify(filled(options))),
		make: (options) => new Client(NativeClient.make(JSON.stringify(filled(options)))),
		assist: (operation, input) => assist(operation, input),
	};
};

/** Starts the module. */
export async function load(source: WasmSource | Promise<WasmSource>, environment: Environment = {}): Promise<Binding> {
	await start({ module_or_path: source });
	return binding(environment);
}

/** Starts the module at once: browsers allow that for small modules alone, or outside their main thread. */
export function loadSync(source: WebAssembly.Module | BufferSource, environment: Environment = {}): Binding {
	startSync({ module: source });
	return binding(environment);
}
