// A catalogue of models.
//
// A bundle of its own (`dist/catalog.js`) with the data of `core/src/catalog/models.json`, so that only pages that use it load it. Looks models
// up as `core/src/catalog` does, which `tests/cost/catalog.json` checks for both; the core computes costs.

// @ts-expect-error data that the build includes
import own from "../../../core/src/catalog/models.json";
import type { createError } from "../binding/errors.js";
import type { operation } from "../binding/operations.js";
import type { CatalogModel } from "../generated/types.js";
import type { TokenCounts } from "./cost.js";

/** The functions of the package that this file uses: it is a bundle of its own. */
export interface CoreFunctions {
	operation: typeof operation;
	createError: typeof createError;
}

/** The JSON form of a catalogue. */
export interface CatalogData {
	/** The date of the data, as `YYYY-MM-DD`. */
	date?: string | undefined;
	/** The models; each has an `id`. */
	models: readonly object[];
	/** Sources, notes and other fields. */
	[field: string]: unknown;
}

/** A model of a catalogue. */
export interface CatalogEntry extends CatalogModel {
	/** Returns the cost of tokens, in dollars as a decimal string; null if the model's prices are unknown. */
	cost(tokens: TokenCounts): string | null;
	/**
	 * Returns the settings with which the provider's own page uses the model: `new Conversation(preset)`, or
	 * `create({ model, messages, ...preset.parameters })`. The parameters are those that have a default.
	 */
	preset(): Preset;
}

/** The settings of requests to a model. */
export interface Preset {
	model: string;
	system?: string;
	parameters: Record<string, unknown>;
}

type Fields = Record<string, unknown>;

/** Models by id, in order. `Known` are the ids that the catalogue certainly has. */
export class Catalog<Known extends string = never> implements Iterable<CatalogEntry> {
	static readonly name: string = "Catalog";

	readonly #core: CoreFunctions;
	readonly #models: ReadonlyMap<string, CatalogEntry>;
	/** Sources of the data, its date and notes. */
	readonly about: Readonly<Fields>;

	/** Called by `loadCatalog`. */
	constructor(core: CoreFunctions, about: Fields, models: Iterable<CatalogModel>) {
		this.#core = core;
		this.about = about;
		this.#models = new Map([...models].map((model) => [model.id, entry(core, model)]));
	}

	/** The date of the data, as `YYYY-MM-DD`. */
	get date(): string | null {
		return typeof this.about.date === "string" ? this.about.date : null;
	}

	/** The number of models. */
	get size(): number {
		return this.#models.size;
	}

	/** Returns the model with an id. */
	get(id: Known): CatalogEntry;
	get(id: string): CatalogEntry | undefined;
	get(id: string): CatalogEntry | undefined {
		return this.#models.get(id);
	}

	/** Returns whether there is a model with an id. */
	has(id: string): boolean {
		return this.#models.has(id);
	}

	[Symbol.iterator](): IterableIterator<CatalogEntry> {
		return this.#models.values();
	}

	/**
	 * Returns the models with every word of `query` in their id, name, path, category, task or weights (`open` or `closed`); all models for an
	 * empty query.
	 */
	search(query: string): CatalogEntry[] {
		const words = query.toLowerCase().split(/\s+/).filter(Boolean);
		return [...this].filter((model) => {
			const { id, name, category, task, weights, path } = model;
			const texts = [id, name, category ?? "", task ?? "", weights ?? "", ...path].map((text) => text.toLowerCase());
			return words.every((word) => texts.some((text) => text.includes(word)));
		});
	}

	/** Returns the models that share words of id, name and path with a model, those that share the most first. */
	related(id: string): CatalogEntry[] {
		const model = this.get(id);
		if (!model) return [];
		const known = wordsOf(model);
		const others = [...this].map((other) => ({ other, shared: [...wordsOf(other)].filter((word) => known.has(word)) }));
		return others
			.filter(({ other, shared }) => other !== model && shared.length > 0)
			.sort((one, two) => two.shared.length - one.shared.length)
			.map(({ other }) => other);
	}

	/**
	 * Returns a catalogue with further models: objects with an `id`, another catalogue, or the result of `client.models.list()`. Their fields
	 * replace those of known models; new models come last. Also reads the names that providers' lists use for prices and context windows.
	 *
	 * Rejects with a `ConfigurationError` for models without an id, and for prices that cannot be read.
	 */
	async merge(models: Iterable<object> | AsyncIterable<object>): Promise<Catalog<Known>> {
		const merged = new Map<string, CatalogModel>(this.#models);
		for await (const entry of models) {
			const { id, name, ...model } = normalize(this.#core, entry as Fields);
			const known = merged.get(id);
			// The names of lists are often the ids.
			const named = known && name === id ? {} : { name };
			merged.set(id, { path: [], endpoints: [], ...known, ...model, id, ...named } as CatalogModel);
		}
		return new Catalog(this.#core, this.about, merged.values());
	}

	/** Returns the JSON form. */
	toJSON(): CatalogData {
		return { ...this.about, models: [...this].map((model) => ({ ...model })) };
	}
}

/** Reads a catalogue; by default the package's own. */
export function open(core: CoreFunctions, source?: CatalogData | Iterable<object>): Promise<Catalog> {
	const data = (source ?? own) as CatalogData | Iterable<object>;
	const { models, ...about } = Symbol.iterator in data ? { models: data } : data;
	return new Catalog(core, about, []).merge(models);
}

/** Adds the methods to a model, which are not among its fields. */
function entry({ operation }: CoreFunctions, model: CatalogModel): CatalogEntry {
	const cost = ({ inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens }: TokenCounts): string | null => {
		const { prices } = model;
		if (!prices) return null;
		const counts = { input_tokens: inputTokens, output_tokens: outputTokens };
		const tokens = { ...counts, cache_read_tokens: cacheReadTokens, cache_write_tokens: cacheWriteTokens };
		return operation("price_tokens", { prices, tokens }).total;
	};
	const preset = () => operation("preset", { model }).preset as unknown as Preset;
	return Object.defineProperties({ ...model }, { cost: { value: cost }, preset: { value: preset } }) as CatalogEntry;
}

function wordsOf({ id, name, path }: CatalogModel): Set<string> {
	const words = `${id} ${name}`.toLowerCase().split(/[^\p{Alphabetic}\p{N}.]+/u);
	return new Set([...words, ...path].filter(Boolean));
}

/** Names that other lists use for fields of this catalogue. */
const foreignNames = [
	"display_name",
	"context_length",
	"max_model_len",
	"max_input_tokens",
	"max_completion_tokens",
	"top_provider",
	"pricing",
	"object",
];

/** Converts a model of any list to this catalogue's names. */
function normalize({ operation, createError }: CoreFunctions, entry: Fields): Fields & { id: string; name: string } {
	const invalid = (what: string) => createError("ConfigurationError", `a model of the catalog ${what}`);
	const { id } = entry;
	if (typeof id !== "string") throw invalid("has no id");
	const known = Object.entries(entry).filter(([name, value]) => value != null && !foreignNames.includes(name));
	const model = Object.fromEntries(known);
	const first = (...names: string[]) => names.map((name) => entry[name]).find((value) => value != null);
	const provider = entry.top_provider as { max_completion_tokens?: unknown } | null | undefined;
	const name = first("name", "display_name") ?? id;
	// OpenRouter and Together; vLLM; Anthropic.
	const context_window = first("context_window", "context_length", "max_model_len", "max_input_tokens");
	const longest = first("max_output_tokens", "max_completion_tokens") ?? provider?.max_completion_tokens;
	const prices = entry.prices
		? pricesOf(entry.prices as Fields, 0)
		: listed(entry.pricing as Fields | null | undefined);
	if (prices) {
		try {
			operation("price_tokens", { prices: entry.prices ?? prices, tokens: {} });
		} catch (error) {
			throw invalid(`(${id}): ${(error as Error).message}`);
		}
	}
	return {
		...model,
		id,
		name: name as string,
		...(context_window === undefined ? {} : { context_window }),
		...(typeof longest === "number" ? { max_output_tokens: longest } : {}),
		...(prices ? { prices } : {}),
	};
}

/** The prices of a list: per token (OpenRouter: prompt, completion), or per million tokens (Together: input, output). */
function listed(pricing: Fields | null | undefined): Fields | undefined {
	const { prompt, completion, input_cache_read, input_cache_write, input, output, cached_input } = pricing ?? {};
	const each = pricesOf(
		{ input: prompt, output: completion, cache_read: input_cache_read, cache_write: input_cache_write },
		6,
	);
	if (each.input !== undefined && each.output !== undefined) return each;
	const million = pricesOf({ input, output, cache_read: cached_input }, 0);
	return million.input !== undefined && million.output !== undefined ? million : undefined;
}

/** Prices as decimal strings, multiplied by 10 to the power of `shift`; values that are not amounts are left out. */
function pricesOf(prices: Fields, shift: number): Fields {
	const all = Object.entries(prices).map(([name, price]) => [name, amount(price, shift)] as const);
	return Object.fromEntries(all.filter(([, price]) => price !== undefined));
}

/** A decimal string without leading and trailing zeros; undefined for a value that is not an amount. */
function amount(value: unknown, shift: number): string | undefined {
	if (typeof value !== "string" && typeof value !== "number") return undefined;
	const [, whole = "", decimals = "", exponent = "0"] =
		/^(\d*)\.?(\d*)(?:e([+-]?\d{1,2}))?$/i.exec(`${value}`.trim()) ?? [];
	if (!whole && !decimals) return undefined;
	const moved = whole.length + Number(exponent) + shift;
	const point = Math.max(moved, 0);
	const digits = ("0".repeat(point - moved) + whole + decimals).padEnd(point, "0");
	const text = digits.slice(0, point).replace(/^0+(?=\d)/, "") || "0";
	const rest = digits.slice(point).replace(/0+$/, "");
	return rest ? `${text}.${rest}` : text;
}
