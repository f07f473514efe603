// The models that the package knows, and catalogues of a user's own.
//
// Law: a file of its own (`dist/catalog.js`), with the data of `core/src/catalog/models.json`; a page that doesn't ask for it doesn't load
// it. What is asked of a catalogue is answered as `core/src/catalog` does, which `tests/cost/catalog.json` holds both to; costs are the
// core's.

// @ts-expect-error data, put in by the build
import own from "../../../core/src/catalog/models.json";
import type { createError } from "../binding/errors.js";
import type { assist } from "../binding/operations.js";
import type { CatalogModel } from "../generated/types.js";
import type { TokenCounts } from "./cost.js";

/** What this file needs of the package: it is bundled apart. */
export interface Tools {
	assist: typeof assist;
	createError: typeof createError;
}

/** A catalogue as it is written in a file. */
export interface CatalogData {
	/** When the data was true, as `YYYY-MM-DD`. */
	date?: string | undefined;
	/** The models; each has an `id`. */
	models: readonly object[];
	/** Where the data is from, notes, and the like. */
	[field: string]: unknown;
}

/** A model of a catalogue. */
export interface CatalogEntry extends CatalogModel {
	/** What so many tokens cost, in dollars, as a decimal text; null where the model's prices aren't known. */
	cost(tokens: TokenCounts): string | null;
	/**
	 * What the provider's own page asks the model with: `new Conversation(preset)`, or `create({ model, messages, ...preset.parameters })`.
	 * The parameters are those that have a default.
	 */
	preset(): Preset;
}

/** What a model is asked with. */
export interface Preset {
	model: string;
	system?: string;
	parameters: Record<string, unknown>;
}

type Fields = Record<string, unknown>;

/** Models by id, in an order. */
export class Catalog implements Iterable<CatalogEntry> {
	readonly #tools: Tools;
	readonly #models: ReadonlyMap<string, CatalogEntry>;
	/** Where the data is from, its date, notes. */
	readonly about: Readonly<Fields>;

	/** Made by `loadCatalog`. */
	constructor(tools: Tools, about: Fields, models: Iterable<CatalogModel>) {
		this.#tools = tools;
		this.about = about;
		this.#models = new Map([...models].map((model) => [model.id, entry(tools, model)]));
	}

	/** When the data was true, as `YYYY-MM-DD`. */
	get date(): string | null {
		return typeof this.about.date === "string" ? this.about.date : null;
	}

	/** How many models there are. */
	get size(): number {
		return this.#models.size;
	}

	/** The model of an id. */
	get(id: string): CatalogEntry | undefined {
		return this.#models.get(id);
	}

	/** Whether there is a model of an id. */
	has(id: string): boolean {
		return this.#models.has(id);
	}

	[Symbol.iterator](): IterableIterator<CatalogEntry> {
		return this.#models.values();
	}

	/**
	 * The models that have every word of `query` in their id, name, path, category or task, or that are `open` or `closed`. All of them
	 * for an empty one.
	 */
	search(query: string): CatalogEntry[] {
		const words = query.toLowerCase().split(/\s+/).filter(Boolean);
		return [...this].filter((model) => {
			const { id, name, category, task, weights, path } = model;
			const texts = [id, name, category ?? "", task ?? "", weights ?? "", ...path].map((text) => text.toLowerCase());
			return words.every((word) => texts.some((text) => text.includes(word)));
		});
	}

	/** The models that share words of id, name and path with this one, those that share most first. */
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
	 * A catalogue with other models too: objects with an `id`, another catalogue, or what `client.models.list()` gives. What they tell
	 * replaces what was known, field by field; models that are new come last. Prices and context windows of providers' lists are
	 * understood.
	 *
	 * Rejects with a `ConfigurationError` for models that have no id, or prices that can't be read.
	 */
	async merge(models: Iterable<object> | AsyncIterable<object>): Promise<Catalog> {
		const merged = new Map<string, CatalogModel>(this.#models);
		for await (const given of models) {
			const { id, name, ...model } = normal(this.#tools, given as Fields);
			const known = merged.get(id);
			// The names of lists are often the ids.
			const named = known && name === id ? {} : { name };
			merged.set(id, { path: [], endpoints: [], ...known, ...model, id, ...named } as CatalogModel);
		}
		return new Catalog(this.#tools, this.about, merged.values());
	}

	/** As it is written in a file. */
	toJSON(): CatalogData {
		return { ...this.about, models: [...this].map((model) => ({ ...model })) };
	}
}

/** Reads a catalogue; without one, the package's own. */
export function open(tools: Tools, given?: CatalogData | Iterable<object>): Promise<Catalog> {
	const data = (given ?? own) as CatalogData | Iterable<object>;
	const { models, ...about } = Symbol.iterator in data ? { models: data } : data;
	return new Catalog(tools, about, []).merge(models);
}

/** A model with what it can tell, which isn't among its fields. */
function entry({ assist }: Tools, model: CatalogModel): CatalogEntry {
	const cost = ({ inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens }: TokenCounts): string | null => {
		const { prices } = model;
		if (!prices) return null;
		const counts = { input_tokens: inputTokens, output_tokens: outputTokens };
		const tokens = { ...counts, cache_read_tokens: cacheReadTokens, cache_write_tokens: cacheWriteTokens };
		return assist<{ total: string }>("cost", { prices, tokens }).total;
	};
	const preset = (): Preset => {
		const {
			id,
			system,
			parameters = {},
		} = model as { id: string; system?: string; parameters?: Record<string, Fields> };
		const defaults = Object.entries(parameters).flatMap(([name, about]) =>
			about.default === undefined ? [] : [[name, about.default] as const],
		);
		return { model: id, ...(system ? { system } : {}), parameters: Object.fromEntries(defaults) };
	};
	return Object.defineProperties({ ...model }, { cost: { value: cost }, preset: { value: preset } }) as CatalogEntry;
}

function wordsOf({ id, name, path }: CatalogModel): Set<string> {
	const words = `${id} ${name}`.toLowerCase().split(/[^\p{Alphabetic}\p{N}.]+/u);
	return new Set([...words, ...path].filter(Boolean));
}

/** Names of other lists for what this catalogue names in its own way. */
const foreign = [
	"display_name",
	"context_length",
	"max_model_len",
	"max_input_tokens",
	"max_completion_tokens",
	"top_provider",
	"pricing",
	"object",
];

/** A model of any list, under this catalogue's names. */
function normal({ assist, createError }: Tools, given: Fields): Fields & { id: string; name: string } {
	const refused = (what: string) => createError("ConfigurationError", `a model of the catalog ${what}`);
	const { id } = given;
	if (typeof id !== "string") throw refused("has no id");
	const told = Object.entries(given).filter(([name, value]) => value != null && !foreign.includes(name));
	const model = Object.fromEntries(told);
	const first = (...names: string[]) => names.map((name) => given[name]).find((value) => value != null);
	const provider = given.top_provider as { max_completion_tokens?: unknown } | null | undefined;
	const name = first("name", "display_name") ?? id;
	// OpenRouter and Together; vLLM; Anthropic.
	const context_window = first("context_window", "context_length", "max_model_len", "max_input_tokens");
	const longest = first("max_output_tokens", "max_completion_tokens") ?? provider?.max_completion_tokens;
	const prices = given.prices
		? pricesOf(given.prices as Fields, 0)
		: listed(given.pricing as Fields | null | undefined);
	if (prices) {
		try {
			assist("cost", { prices: given.prices ?? prices, tokens: {} });
		} catch (error) {
			throw refused(`(${id}): ${(error as Error).message}`);
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

/** Prices of a list: for one token (OpenRouter: prompt, completion), or for a million (Together: input, output). */
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

/** Prices as texts, their points moved by `shift` places; without those that are no amount. */
function pricesOf(prices: Fields, shift: number): Fields {
	const all = Object.entries(prices).map(([name, price]) => [name, amount(price, shift)] as const);
	return Object.fromEntries(all.filter(([, price]) => price !== undefined));
}

/** A decimal text without needless zeros; nothing for what is no amount. */
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
