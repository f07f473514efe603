// The user's key.
//
// Only in a variable of this module: not in a storage, URL, attribute or snippet. It is lost with the page. Only `connection.ts` reads it.

import { signal } from "@preact/signals";

let key = "";

/** Whether a key is set. */
export const hasKey = signal(false);

export function setKey(given: string): void {
	key = given.trim();
	hasKey.value = key !== "";
}

export function readKey(): string | undefined {
	return key || undefined;
}
