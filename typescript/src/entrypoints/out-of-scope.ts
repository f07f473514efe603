// Members of the official clients that this package does not have. Reading one throws a TypeError that names the alternative.
//
// Only in Node, to keep the files of pages small.

import { Beta, Client } from "../client.js";
import { Messages } from "../resources/messages.js";

function refuse({ prototype }: { prototype: object }, path: string, names: string[]): void {
	for (const name of names) {
		Object.defineProperty(prototype, name, {
			get() {
				throw new TypeError(
					`${path}.${name} is not part of trilogue, which has chat.completions, messages and models; use the provider's own client for it`,
				);
			},
		});
	}
}

/** Adds the members. */
export function refuseOutOfScope(): void {
	refuse(Client, "client", [
		"audio",
		"batches",
		"completions",
		"embeddings",
		"files",
		"fineTuning",
		"images",
		"moderations",
		"realtime",
		"responses",
		"uploads",
		"vectorStores",
		"videos",
	]);
	refuse(Beta, "client.beta", ["assistants", "files", "realtime", "responses", "threads", "vectorStores"]);
	refuse(Messages, "client.messages", ["batches"]);
}
