// The JSON text of what a caller passed.
//
// `JSON.stringify` would silently change values: NaN to null, a Map to `{}`, and drop functions. Such values are errors here.

import { localErrorFields } from "../binding/failure.js";
import { errorFrom } from "../generated/errors.js";

/** A deeper value is assumed to contain itself. */
const deepest = 120;
/** The longest path that an error quotes. */
const longest = 200;

/** A part of a value that JSON cannot represent. */
export interface Unrepresentable {
	path: string;
	why: string;
}

/** Finds a part of a value that JSON cannot represent. */
export function findUnrepresentable(value: unknown, depth = 0): Unrepresentable | undefined {
	const kind = typeof value;
	if (kind === "bigint" || (kind === "number" && !Number.isFinite(value)))
		return { path: "", why: `is ${value}${kind === "bigint" ? "n" : ""}; pass a finite number` };
	if (kind === "function" || kind === "symbol") return unknown(kind);
	if (kind !== "object" || value === null) return undefined;
	if (depth > deepest) return { path: "", why: "is nested too deeply or contains itself" };
	const object = value as Record<string, unknown> & { toJSON?: unknown };
	if (ArrayBuffer.isView(object)) return unknown(object.constructor.name);
	if (typeof object.toJSON === "function") return findUnrepresentable(object.toJSON(), depth + 1);
	const names = Object.keys(object);
	if (Array.isArray(object)) {
		for (const [index, item] of object.entries()) {
			const found = item === undefined ? unknown("undefined") : findUnrepresentable(item, depth + 1);
			if (found) return within(`[${index}]`, found);
		}
		return undefined;
	}
	const tag = Object.prototype.toString.call(object).slice(8, -1);
	if (!names.length && !/^(Object|String|Number|Boolean)$/.test(tag)) return unknown(tag);
	for (const name of names) {
		const found = findUnrepresentable(object[name], depth + 1);
		if (found) return within(name, found);
	}
	return undefined;
}

function unknown(kind: string): Unrepresentable {
	return { path: "", why: `is ${kind === "undefined" ? "" : "of type "}${kind}, which JSON cannot represent` };
}

function within(step: string, { path, why }: Unrepresentable): Unrepresentable {
	return { path: (step + (path && path[0] !== "[" ? "." : "") + path).slice(0, longest + 1), why };
}

/** Throws an error of the kind `kind` if a value, which the caller knows as `name`, has a part that JSON cannot represent. */
export function checkJSON(value: unknown, kind: string, name = ""): void {
	const found = findUnrepresentable(value);
	if (!found) return;
	const { path: inner, why } = name ? within(name, found) : found;
	const path = inner.length > longest ? `${inner.slice(0, longest)}…` : inner || "the request";
	throw errorFrom({ ...localErrorFields(kind, `${path} ${why}`), param: path });
}

/** Returns a request's body as JSON text. Throws an `InvalidRequestError` that names a part that JSON cannot represent. */
export function toJSON(body: object): string {
	checkJSON(body, "InvalidRequestError");
	return JSON.stringify(body);
}
