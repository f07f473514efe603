// The client of a message.
//
// Each message has a client of its own, whose `spent` is the cost of the message. The only reader of the key.

import type { Client } from "trilogue";
import { catalog, engine } from "../engine/engine";
import { readKey } from "./key";
import { baseURL } from "./settings";

/** Rejects with a `ConfigurationError` if something is missing. */
export async function connect(): Promise<Client> {
	const { Client } = await engine;
	return new Client({
		baseURL: baseURL.value.trim(),
		apiKey: readKey(),
		catalog: catalog.value,
		// A playground shows failures; the user can retry with a button.
		maxRetries: 0,
	});
}
