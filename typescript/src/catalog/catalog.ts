// A catalogue of models.
//
// A bundle of its own (`dist/catalog.js`) with the data of `core/src/catalog/models.json`, so that only pages that use it load it. Searches
// models as `core/src/catalog` does, which `tests/cost/catalog.json` checks for both; the core reads models and computes costs.

// @ts-expect-error data that the build includes
import own from "../../../core/src/catalog/models.json";
import type { operation } from "../binding/operations.js";
import type { CatalogModel } from "../generated/types.js";
import type { TokenCounts } from "./cost.js";

/** Runs an operation of the core. Passed in, since this file is a bundle of its own. */
type Run = typeof operation;

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

/** Models by id, in order. */
export class Catalog implements Iterable<CatalogEntry> {
	readonly #run: Run;
	readonly #models: ReadonlyMap<string, CatalogEntry>;
	/** Sources of the data, its date and notes. */
	readonly about: Readonly<Fields>;

	/** Called by `loadCatalog`. */
	constructor(run: Run, about: Fields, models: Iterable<CatalogModel>) {
		this.#run = run;
		this.about = about;
		this.#models = new Map([...models].map((model) => [model.id, entry(run, model)]));
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
	async merge(models: Iterable<object> | AsyncIterable<object>): Promise<Catalog> {
		const merged = new Map<string, CatalogModel>(this.#models);
		for await (const entry of models) {
			const model = this.#run("normalize_model", { model: entry }).model as unknown as CatalogModel;
			const known = merged.get(model.id);
			// The names of lists are often the ids.
			const name = known && model.name === model.id ? known.name : model.name;
			merged.set(model.id, { ...(known ?? { path: [], endpoints: [] }), ...model, name });
		}
		return new Catalog(this.#run, this.about, merged.values());
	}

	/** Returns the JSON form. */
	toJSON(): CatalogData {
		return { ...this.about, models: [...this].map((model) => ({ ...model })) };
	}
}

/** Reads a catalogue; by default the package's own. */
export function open(run: Run, source?: CatalogData | Iterable<object>): Promise<Catalog> {
	const data = (source ?? own) as CatalogData | Iterable<object>;
	const { models, ...about } = Symbol.iterator in data ? { models: data } : data;
	return new Catalog(run, about, []).merge(models);
}

/** Adds the methods to a model, which are not among its fields. */
function entry(run: Run, model: CatalogModel): CatalogEntry {
	const cost = ({ inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens }: TokenCounts): string | null => {
		const { prices } = model;
		if (!prices) return null;
		const counts = { input_tokens: inputTokens, output_tokens: outputTokens };
		const tokens = { ...counts, cache_read_tokens: cacheReadTokens, cache_write_tokens: cacheWriteTokens };
		return run("price_tokens", { prices, tokens }).total;
	};
	const preset = () => run("preset", { model }).preset as unknown as Preset;
	return Object.defineProperties({ ...model }, { cost: { value: cost }, preset: { value: preset } }) as CatalogEntry;
}

function wordsOf({ id, name, path }: CatalogModel): Set<string> {
	const words = `${id} ${name}`.toLowerCase().split(/[^\p{Alphabetic}\p{N}.]+/u);
	return new Set([...words, ...path].filter(Boolean));
}
