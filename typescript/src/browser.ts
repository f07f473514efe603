// The entry for browsers, workers and edge runtimes: stands on the wasm module.
//
// Law: loads and installs; nothing else. The import is ready when the module is; the validator is loaded when it is used.

// @ts-expect-error made by the build
import init, { assist, check, NativeClient } from "../dist/trilogue_wasm.js";
import { type BindingOptions, install } from "./binding.js";
import { Client as PageClient } from "./page.js";

await init({ module_or_path: new URL("./trilogue.wasm", import.meta.url) });

install({
	check: (options: BindingOptions) => check(JSON.stringify(options)),
	make: (options: BindingOptions) => new PageClient(NativeClient.make(JSON.stringify(options))),
	assist: (operation: string, input: string) => assist(operation, input),
	// A file of its own, that only those load who give plain JSON Schemas.
	validate: async (schema, value) => (await import("./validator.js")).validate(schema, value),
});

export * from "./index.js";
export { Client as default } from "./index.js";
