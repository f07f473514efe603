// The entry for Node: stands on the addon.
//
// Law: loads and installs; nothing else.

import { type BindingOptions, install, type NativeClient } from "./binding.js";

interface Addon {
	check(options: string): string | null;
	NativeClient: new (options: string) => NativeClient;
}

// A `require`, made by the build (see build.mjs).
declare const load: (path: string) => unknown;

const addon = load(`./trilogue.${process.platform}-${process.arch}.node`) as Addon;

install({
	check: (options: BindingOptions) => addon.check(JSON.stringify(options)),
	make: (options: BindingOptions) => new addon.NativeClient(JSON.stringify(options)),
});

export * from "./index.js";
export { Client as default } from "./index.js";
