// The user's key.
//
// Law: in a variable of this module and nowhere else: in no storage, no URL, no attribute, no snippet. It is gone with the page. Only
// `connection.ts` reads it.

import { signal } from "@preact/signals";

let key = "";

/** Whether there is one. */
export const hasKey = signal(false);

export function setKey(given: string): void {
	key = given.trim();
	hasKey.value = key !== "";
}

export function readKey(): string | undefined {
	return key || undefined;
}
