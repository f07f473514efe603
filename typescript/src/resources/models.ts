// `client.models`: the models that the endpoint offers, a page at a time.
//
// Further pages are requested as they are needed.

import type { ModelInfo, ModelPage } from "../generated/types.js";
import { APIPromise, type WithResponse } from "../requests/api-promise.js";
import type { RequestOptions } from "../requests/options.js";
import { Resource } from "./endpoint.js";

/** A page of models; iterating continues with the pages after it. */
export class ModelList implements AsyncIterable<ModelInfo> {
	static readonly name: string = "ModelList";

	/** The models of this page. */
	declare readonly data: ModelInfo[];
	/** Whether there is a page after this one. */
	declare readonly has_more: boolean;
	/** The first model's id. */
	declare readonly first_id: string | null;
	/** The last model's id: the next page comes after it. */
	declare readonly last_id: string | null;
	readonly #next: (after: string) => PromiseLike<ModelList>;

	constructor(page: ModelPage, next: (after: string) => PromiseLike<ModelList>) {
		// Fields that the server sent besides those above stay readable.
		Object.assign(this, page);
		this.#next = next;
	}

	/** Whether `getNextPage` returns a page. */
	hasNextPage(): boolean {
		return this.has_more && this.last_id !== null && this.data.length > 0;
	}

	/** The page after this one; null after the last. */
	async getNextPage(): Promise<ModelList | null> {
		return this.hasNextPage() ? await this.#next(this.last_id as string) : null;
	}

	/** This page and those after it. */
	async *iterPages(): AsyncGenerator<ModelList, void, undefined> {
		for (let page: ModelList | null = this; page; page = await page.getNextPage()) yield page;
	}

	async *[Symbol.asyncIterator](): AsyncGenerator<ModelInfo, void, undefined> {
		for await (const page of this.iterPages()) yield* page.data;
	}
}

/** A promise of the first page; iterating over it returns all models. */
export class ModelListPromise extends APIPromise<ModelList> implements AsyncIterable<ModelInfo> {
	static override readonly name: string = "ModelListPromise";

	async *[Symbol.asyncIterator](): AsyncGenerator<ModelInfo, void, undefined> {
		yield* await this;
	}
}

/** Models that the endpoint offers. */
export class Models extends Resource {
	static override readonly name: string = "Models";

	/** Requests the first page; iterate over it, or over this promise, with `for await` for all models. */
	list(query: Record<string, string | number> = {}, options?: RequestOptions): ModelListPromise {
		const page = async (): Promise<WithResponse<ModelList>> => {
			const { data, ...response } = await this.sender.call<ModelPage>("models", query, options);
			const next = (after_id: string) => this.list({ ...query, after_id }, options);
			return { ...response, data: new ModelList(data, next) };
		};
		return new ModelListPromise(page());
	}

	/** Requests one model. */
	retrieve(model: string, options?: RequestOptions): APIPromise<ModelInfo> {
		return new APIPromise(this.sender.call<ModelInfo>(`models/${model}`, {}, options));
	}
}
