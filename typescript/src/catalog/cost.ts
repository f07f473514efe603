// Amounts and token counts, as options take them, and the catalogue, which is loaded on demand.
//
// The core computes costs; amounts are decimal strings.

import { ready } from "../binding/binding.js";
import { createError } from "../binding/errors.js";
import { operation } from "../binding/operations.js";
import type { CatalogId } from "../generated/catalog.js";
import type { Catalog, CatalogData } from "./catalog.js";

/** An amount of US dollars: a decimal string, or a number, which is read as it is written: `0.1` is a tenth. */
export type DollarsInput = string | number;

/** The prices of a model, in dollars per million tokens. */
export interface PricesInput {
	/** Input that is not read from a cache. */
	input: DollarsInput;
	/** Output, including reasoning. */
	output: DollarsInput;
	/** Input that is read from the provider's cache. Default: as other input. */
	cache_read?: DollarsInput | undefined;
	/** Input that is written to the provider's cache. Default: as other input. */
	cache_write?: DollarsInput | undefined;
}

/** Counts of tokens. */
export interface TokenCounts {
	/** Input that is not read from a cache. */
	inputTokens?: number | undefined;
	/** Output, including reasoning. */
	outputTokens?: number | undefined;
	/** Input that was read from the provider's cache. */
	cacheReadTokens?: number | undefined;
	/** Input that was written to the provider's cache. */
	cacheWriteTokens?: number | undefined;
}

/**
 * Loads the package's catalogue of models, which is a file of its own, or creates one from `{models}` or a list. In a page, a client knows no
 * prices unless it has a catalogue or prices: `new Client({ catalog: await loadCatalog() })`.
 *
 * Rejects with a `ConfigurationError` for models without an id, and for prices that cannot be read.
 */
export function loadCatalog(source?: undefined): Promise<Catalog<CatalogId>>;
export function loadCatalog(source: CatalogData | Iterable<object> | undefined): Promise<Catalog>;
export async function loadCatalog(source?: CatalogData | Iterable<object>): Promise<Catalog> {
	const { open } = await import("./catalog.js");
	await ready();
	return open({ operation, createError }, source);
}
