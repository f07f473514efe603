// The interface of what lies beside the client: the addon in Node, `kit.wasm` elsewhere.
//
// Law: JSON text crosses. What the texts hold is written down in `core/src/border.rs` (`kit`) and `core/src/conversation/border.rs`.
// Entries that need it load it; the client doesn't.

import { errorFrom } from "../generated/errors.js";
import { type ErrorFields, localErrorFields } from "./failure.js";

/** A conversation in the core. */
export interface NativeConversation {
	/** One of its operations; `{error}` where it fails. */
	assist(operation: string, input: string): string;
}

/** The binary module. */
export interface Kit {
	/** One of the core's operations beside those of a client; `{error}` where it fails. */
	kit(operation: string, input: string): string;
	/** An empty conversation. */
	conversation(): NativeConversation;
}

let installed: (() => Kit) | undefined;
let made: Kit | undefined;

/** Tells which module serves; it is made when it is first used. */
export function installKit(kit: () => Kit): void {
	installed = kit;
}

/** The module that this entry installed. Throws a `ConfigurationError` where none is there yet. */
export function kit(): Kit {
	made ??= installed?.();
	if (made) return made;
	const message =
		"kit.wasm isn't loaded: `await init(…)` of 'trilogue/conversation/slim' or 'trilogue/snippets/slim' comes first";
	throw errorFrom(localErrorFields("ConfigurationError", message));
}

/** What an operation gave. Throws its error. */
export function outcome<T>(text: string): T {
	const output = JSON.parse(text) as T & { error?: ErrorFields };
	if (output.error) throw errorFrom(output.error);
	return output;
}
