// The parts of a growing value that stand at a path, each as soon as it is complete.
//
// Law: watches a mirror; nothing is looked at twice. A member that comes twice is told twice.

import type { Mirror, Watcher } from "./mirror.js";

/** Collects the complete values at a path. */
export class Elements implements Watcher {
	/** What was collected. */
	readonly found: unknown[] = [];
	readonly #path: string[];
	/** Whether an array at the path's end stands for its items. */
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
