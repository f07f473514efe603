// Early validation: finds parts of a streamed reply that cannot match the schema, while the rest still arrives.
//
// Validates each member of the reply, and each item of a member that is an array, once it is complete, without the other members. Constraints
// between members, and plain JSON Schemas, are validated at the end. Reports nothing that the validation at the end would not report.

import type { Fault } from "../binding/failure.js";
import type { Mirror, Watcher } from "../streaming/mirror.js";
import { pointerPart } from "./pointer.js";
import { faultOf, type Issue, type StandardSchema } from "./schema.js";

/** Validates the parts of a growing value as they complete. */
export class Early implements Watcher {
	/** The faults of the first part that does not match. */
	faults: Fault[] | undefined;
	readonly #standard: StandardSchema["~standard"];
	/** The number of containers around the value. */
	readonly #outerLevels: number;
	readonly #withoutNulls: (value: unknown) => unknown;

	/** `withoutNulls` removes the nulls that strict mode adds to a value. */
	constructor(standard: StandardSchema["~standard"], isWrapped: boolean, withoutNulls: (value: unknown) => unknown) {
		this.#standard = standard;
		this.#outerLevels = isWrapped ? 1 : 0;
		this.#withoutNulls = withoutNulls;
	}

	complete(mirror: Mirror, depth: number, value: unknown): void {
		const levels = depth - this.#outerLevels;
		if (this.faults || levels < 1 || levels > 2 || (levels === 2 && !Array.isArray(mirror.open[depth - 1]))) return;
		let part = value;
		let path = "";
		let reportedPath = "";
		for (let level = depth - 1; level >= this.#outerLevels; level -= 1) {
			const container = mirror.open[level] as Record<string, unknown> | unknown[];
			const isArray = Array.isArray(container);
			const name = mirror.names[level] as string;
			part = isArray ? [part] : { [name]: part };
			path = pointerPart(isArray ? 0 : name) + path;
			reportedPath = pointerPart(isArray ? container.length - 1 : name) + reportedPath;
		}
		this.#check(part, path, (faults) => {
			if (faults.length === 0) return;
			// Expensive, so only for a part with issues.
			this.#check(this.#withoutNulls(part), path, (remaining) => {
				if (remaining.length > 0)
					this.faults = remaining.map((fault) => ({ ...fault, path: reportedPath + fault.path.slice(path.length) }));
			});
		});
	}

	#check(part: unknown, path: string, then: (faults: Fault[]) => void): void {
		const check = (result: { readonly issues?: readonly Issue[] | undefined }) =>
			then(
				(result.issues ?? [])
					.filter(isOfPart)
					.map(faultOf)
					.filter((fault) => isInside(fault.path, path)),
			);
		// A schema that throws here throws at the end too, where the error is reported.
		try {
			const result = this.#standard.validate(part);
			if (result instanceof Promise) result.then(check).catch(() => undefined);
			else check(result);
		} catch {}
	}
}

function isInside(path: string, outer: string): boolean {
	return path === outer || path.startsWith(`${outer}/`);
}

/** Whether an issue concerns only the part: a custom check may compare it with parts that have not arrived. */
function isOfPart(issue: Issue & { code?: unknown; type?: unknown }): boolean {
	return !/custom|check|predicate/.test(`${issue.code ?? issue.type}`);
}
