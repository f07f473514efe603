// What of an answer can't fit its schema any more, said while the rest still streams.
//
// Law: looks at each member of the answer, and at each item of a member that is an array, once it is complete: alone, as if nothing
// else had come. What depends on more waits for the end, and so do plain JSON Schemas. Says nothing that the end would not say.

import type { Mirror, Watcher } from "../streaming/mirror.js";
import { faultOf, type Issue, type StandardSchema } from "./schema.js";
import type { Fault } from "./validator.js";

/** Checks parts of a growing value as they complete. */
export class Early implements Watcher {
	/** What is wrong with a part. */
	faults: Fault[] | undefined;
	readonly #standard: StandardSchema["~standard"];
	/** How many containers are around the value. */
	readonly #around: number;
	readonly #tidy: (value: unknown) => unknown;

	/** `tidy` takes out of a value what only strict mode put in. */
	constructor(standard: StandardSchema["~standard"], isWrapped: boolean, tidy: (value: unknown) => unknown) {
		this.#standard = standard;
		this.#around = isWrapped ? 1 : 0;
		this.#tidy = tidy;
	}

	complete(mirror: Mirror, depth: number, value: unknown): void {
		const levels = depth - this.#around;
		if (this.faults || levels < 1 || levels > 2 || (levels === 2 && !Array.isArray(mirror.open[depth - 1]))) return;
		let alone = value;
		let path = "";
		let shown = "";
		for (let level = depth - 1; level >= this.#around; level -= 1) {
			const container = mirror.open[level] as Record<string, unknown> | unknown[];
			const isArray = Array.isArray(container);
			const name = mirror.names[level] as string;
			alone = isArray ? [alone] : { [name]: alone };
			path = `/${isArray ? 0 : name}${path}`;
			shown = `/${isArray ? container.length - 1 : name}${shown}`;
		}
		this.#check(alone, path, (faults) => {
			if (faults.length === 0) return;
			// Rarely needed, and dear: not before something is wrong.
			this.#check(this.#tidy(alone), path, (left) => {
				if (left.length > 0)
					this.faults = left.map((fault) => ({ ...fault, path: shown + fault.path.slice(path.length) }));
			});
		});
	}

	#check(alone: unknown, path: string, then: (faults: Fault[]) => void): void {
		const told = (result: { readonly issues?: readonly Issue[] | undefined }) =>
			then(
				(result.issues ?? [])
					.filter(isOfPart)
					.map(faultOf)
					.filter((fault) => isInside(fault.path, path)),
			);
		// A schema that throws here throws at the end too, where its error has a recipient.
		try {
			const result = this.#standard.validate(alone);
			if (result instanceof Promise) result.then(told).catch(() => undefined);
			else told(result);
		} catch {}
	}
}

function isInside(path: string, outer: string): boolean {
	return path === outer || path.startsWith(`${outer}/`);
}

/** Whether an issue is of the part alone: a check of the user's may compare it with what has not come. */
function isOfPart(issue: Issue & { code?: unknown; type?: unknown }): boolean {
	return !/custom|check|predicate/.test(`${issue.code ?? issue.type}`);
}
