// The kind of a value in messages.

/** The kind of a value with its article, such as `a string`, `an object` or `null`. */
export function kindOf(value: unknown): string {
	if (value === null || value === undefined) return `${value}`;
	const kind = Array.isArray(value) ? "array" : typeof value;
	return `${/^[ao]/.test(kind) ? "an" : "a"} ${kind}`;
}
