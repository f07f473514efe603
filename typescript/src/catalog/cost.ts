// Costs, as options give them and as the client tells them; the catalogue, loaded apart.
//
// Law: the core computes; amounts are decimal texts, and stay so. Nothing here holds a model or a price.

import { ready } from "../binding/binding.js";
import { createError } from "../binding/errors.js";
import { assist } from "../binding/operations.js";
import type { Catalog, CatalogData } from "./catalog.js";

/** An amount of US dollars: a decimal text, or a number, which counts as it is written: `0.1` is a tenth. */
export type DollarsInput = string | number;

/** The prices of a model, in dollars a million tokens. */
export interface PricesInput {
	/** Input that no cache knew. */
	input: DollarsInput;
	/** Output, reasoning included. */
	output: DollarsInput;
	/** Input that is read from the provider's cache; as other input where it isn't given. */
	cache_read?: DollarsInput | undefined;
	/** Input that is written to the provider's cache; as other input where it isn't given. */
	cache_write?: DollarsInput | undefined;
}

/** Counts of tokens. */
export interface TokenCounts {
	/** Input that no cache knew. */
	inputTokens?: number | undefined;
	/** Output, reasoning included. */
	outputTokens?: number | undefined;
	/** Input that was read from the provider's cache. */
	cacheReadTokens?: number | undefined;
	/** Input that was written to the provider's cache. */
	cacheWriteTokens?: number | undefined;
}

/**
 * The models that the package knows, from a file of its own; or those that are given, as `{models}` or a list. In a page, a client
 * knows no prices until it is given a catalogue, or prices: `new Client({ catalog: await loadCatalog() })`.
 *
 * Rejects with a `ConfigurationError` for models that have no id, or prices that can't be read.
 */
export async function loadCatalog(given?: CatalogData | Iterable<object>): Promise<Catalog> {
	const { open } = await import("./catalog.js");
	await ready();
	return open({ assist, createError }, given);
}
