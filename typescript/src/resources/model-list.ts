// A page of models.
//
// Law: further pages are fetched as they are needed.

import { APIPromise } from "../requests/calls.js";
import type { ModelInfo, ModelPage } from "../generated/types.js";

/** A page of models; iterating goes on to the pages after it. */
export class ModelList implements AsyncIterable<ModelInfo> {
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
		// Whatever the server sent stays readable.
		Object.assign(this, page);
		this.#next = next;
	}

	/** Whether `getNextPage` has one to give. */
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

/** A promise of the first page; iterating over it gives all models. */
export class ModelListPromise extends APIPromise<ModelList> implements AsyncIterable<ModelInfo> {
	async *[Symbol.asyncIterator](): AsyncGenerator<ModelInfo, void, undefined> {
		yield* await this;
	}
}
