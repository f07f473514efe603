// The interface of the operations that a client does not need: the addon in Node, `kit.wasm` elsewhere.
//
// JSON text crosses. Only the entry points that need the module load it.

import { createError } from "./errors.js";

/** A conversation in the core. */
export interface NativeConversation {
	/** Runs an operation on it (`ConversationOperations`); returns `{error}` if it fails. */
	operation(name: string, input: string): string;
}

/** The binary module. */
export interface Kit {
	/** Runs an operation that a client does not need (`ExtraOperations`); returns `{error}` if it fails. */
	operation(name: string, input: string): string;
	/** Creates an empty conversation. */
	conversation(): NativeConversation;
}

let createKit: (() => Kit | undefined) | undefined;
let created: Kit | undefined;

/** Sets the function that creates the module. It is called on first use, and returns nothing while the module is loading. */
export function installKit(create: () => Kit | undefined): void {
	createKit = create;
}

/** The module that the entry point installed. Throws a `ConfigurationError` if there is none yet. */
export function kit(): Kit {
	created ??= createKit?.();
	if (created) return created;
	const message =
		"kit.wasm is not loaded yet: call `await init(…)` of 'trilogue/conversation/slim' or 'trilogue/snippets/slim' first";
	throw createError("ConfigurationError", message);
}
