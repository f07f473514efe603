// The parts of a growing value at a path, each as soon as it is complete.
//
// Observes a mirror, so that each part is examined once. A member that occurs twice in the JSON is found twice.

import type { Mirror, Watcher } from "./mirror.js";

/** Collects the complete values at a path. */
export class Elements implements Watcher {
	/** The collected values. */
	readonly found: unknown[] = [];
	readonly #path: string[];
	/** Whether an array at the end of the path means its items. */
	readonly #isOpenEnded: boolean;

	/** `path`: names of members or indices, `*` for each item of an array, with dots between; `items` is short for `items.*`. */
	constructor(path: string, isWrapped: boolean) {
		this.#path = path.split(".").filter((part) => part !== "");
		this.#isOpenEnded = this.#path.at(-1) !== "*";
		if (isWrapped) this.#path.unshift("value");
	}

	complete(mirror: Mirror, depth: number, value: unknown): void {
		const path = this.#path;
		const isItem = this.#isOpenEnded && depth === path.length + 1 && Array.isArray(mirror.open[depth - 1]);
		const isPart = depth === path.length && !(this.#isOpenEnded && Array.isArray(value));
		if (!isItem && !isPart) return;
		for (let level = 0; level < path.length; level += 1) {
			const container = mirror.open[level];
			const part = path[level];
			if (Array.isArray(container)) {
				if (part !== "*" && part !== String(container.length - 1)) return;
			} else if (part === "*" || part !== mirror.names[level]) {
				return;
			}
		}
		this.found.push(value);
	}
}
