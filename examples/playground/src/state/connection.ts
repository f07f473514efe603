// The client for one question.
//
// Law: a client of its own for each, so that what it spent is what that question cost. The only reader of the key.

import type { Client } from "trilogue";
import { catalog, engine } from "../engine/engine";
import { readKey } from "./key";
import { baseURL } from "./settings";

/** Rejects with a `ConfigurationError` where something is missing. */
export async function connect(): Promise<Client> {
	const { Client } = await engine;
	return new Client({
		baseURL: baseURL.value.trim(),
		apiKey: readKey(),
		catalog: catalog.value,
		// Whoever tries an endpoint wants to see what it does; the button is there to try again.
		maxRetries: 0,
	});
}
