// The entry for Node: stands on the addon.
//
// Law: loads and installs; nothing else.

import { type BindingOptions, type Fault, install, type NativeClient } from "./binding.js";
import { assist } from "./calls.js";

interface Addon {
	check(options: string): string | null;
	assist(operation: string, input: string): string;
	NativeClient: new (options: string) => NativeClient;
}

// A `require`, made by the build (see build.mjs).
declare const load: (path: string) => unknown;

const addon = load(`./trilogue.${process.platform}-${process.arch}.node`) as Addon;

install({
	check: (options: BindingOptions) => addon.check(JSON.stringify(options)),
	make: (options: BindingOptions) => new addon.NativeClient(JSON.stringify(options)),
	assist: (operation, input) => addon.assist(operation, input),
	validate: async (schema, value) => assist<{ errors: Fault[] }>("validate", { schema, value }).errors,
});

export * from "./index.js";
export { Client as default } from "./index.js";
