// The entry point of batches in a client. Only the entry points for Node install the implementation, so that the files of pages stay small.

import type { NativeClient } from "../binding/binding.js";
import { createError } from "../binding/errors.js";
import type { BatchSummary } from "../generated/types.js";
import type { BatchOptions } from "./options.js";
import type { BatchRows, RowSource } from "./rows.js";

/** The parts of a client that a batch uses. */
export interface BatchClient {
	native: NativeClient;
	/** Returns the key of each run. */
	key: (() => string | Promise<string>) | undefined;
	/** The name of a hook of the client, in the core. */
	hook: string | undefined;
}

/** Starts a batch of the file with this path, or of rows. */
export type BatchStarter = (
	client: BatchClient,
	input: string | RowSource<object>,
	options: BatchOptions,
) => Promise<BatchSummary> | BatchRows<object>;

let installed: BatchStarter | undefined;

/** Sets how batches are started. */
export function installBatches(starter: BatchStarter): void {
	installed = starter;
}

/** Starts a batch. Throws a `ConfigurationError` if this host or this client has no batches. */
export const start: BatchStarter = (client, input, options) => {
	if (installed && client.native.batch) return installed(client, input, options);
	const message = "batches need this package's own connections, which only clients in Node without `fetch` have";
	throw createError("ConfigurationError", message);
};
