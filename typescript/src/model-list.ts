// A page of models.
//
// Law: further pages are fetched as they are needed.

import type { ModelInfo, ModelPage } from "./generated/types.js";

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

	async *[Symbol.asyncIterator](): AsyncGenerator<ModelInfo, void, undefined> {
		let page: ModelList = this;
		for (;;) {
			yield* page.data;
			if (!page.has_more || page.last_id === null || page.data.length === 0) return;
			page = await page.#next(page.last_id);
		}
	}
}
