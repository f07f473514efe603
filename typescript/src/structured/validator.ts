// Validates values against JSON Schemas (draft 2020-12).
//
// Loaded with the first plain JSON Schema, and independent of the rest of the package. Generates no code at run time, which pages may forbid, and
// fetches nothing. `format` is an annotation and not validated, as the draft says. The messages are written for the model that has to correct them.

import type { Fault } from "../binding/failure.js";
import { pointerPart } from "./pointer.js";
import { Schemas, type Scope, type SubSchema } from "./validator-refs.js";

type Members = Record<string, unknown>;

/** The members and items of a value that a keyword has evaluated. */
interface Evaluated {
	names: Set<string>;
	items: Set<number>;
}

/** Prepared schemas, since one is often used for many values. */
const known = new WeakMap<object, Validation>();

/** Returns the faults of `value`. Throws if the schema is invalid. */
export function validate(schema: unknown, value: unknown): Fault[] {
	const faults: Fault[] = [];
	let validation = typeof schema === "object" && schema ? known.get(schema) : undefined;
	if (validation === undefined) {
		validation = new Validation(new Schemas(schema));
		if (typeof schema === "object" && schema) known.set(schema, validation);
	}
	validation.check(schema as SubSchema, value, "", undefined, none(), faults);
	return faults;
}

const none = (): Evaluated => ({ names: new Set(), items: new Set() });
const isObject = (value: unknown): value is Members =>
	typeof value === "object" && value !== null && !Array.isArray(value);
const quoted = (value: unknown) => {
	const text = JSON.stringify(value);
	return text.length > 60 ? `${text.slice(0, 60)}…` : text;
};

function typeOf(value: unknown): string {
	if (value === null) return "null";
	return Array.isArray(value) ? "array" : typeof value;
}

function isEqual(a: unknown, b: unknown): boolean {
	if (a === b) return true;
	if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((item, at) => isEqual(item, b[at]));
	if (!isObject(a) || !isObject(b)) return false;
	const names = Object.keys(a);
	return (
		names.length === Object.keys(b).length && names.every((name) => Object.hasOwn(b, name) && isEqual(a[name], b[name]))
	);
}

function isMultiple(value: number, of: number): boolean {
	const times = value / of;
	if (!Number.isFinite(times)) return value % of === 0;
	// Decimal fractions have no exact double.
	return Math.abs(times - Math.round(times)) <= Math.abs(times) * Number.EPSILON * 4;
}

class Validation {
	readonly #schemas: Schemas;
	readonly #patterns = new Map<string, RegExp>();

	constructor(schemas: Schemas) {
		this.#schemas = schemas;
	}

	/** Returns whether `value` matches. Adds faults to `faults`, and evaluated members and items to `evaluated`. */
	check(
		schema: SubSchema,
		value: unknown,
		path: string,
		outer: Scope | undefined,
		evaluated: Evaluated,
		faults: Fault[],
	): boolean {
		if (typeof schema === "boolean") {
			if (!schema) faults.push({ path, message: "nothing is allowed here" });
			return schema;
		}
		const before = faults.length;
		const scope = this.#schemas.enter(schema, outer);
		const wrong = (message: string) => void faults.push({ path, message });
		const own = none();
		/** Applies another schema to the same value. */
		const fits = (other: unknown, into: Fault[] = faults): boolean => {
			const sub = none();
			if (!this.check(other as SubSchema, value, path, scope, sub, into)) return false;
			for (const name of sub.names) own.names.add(name);
			for (const item of sub.items) own.items.add(item);
			return true;
		};
		if (schema.$ref !== undefined) fits(this.#schemas.find(schema.$ref as string, scope, false));
		if (schema.$dynamicRef !== undefined) fits(this.#schemas.find(schema.$dynamicRef as string, scope, true));
		this.#any(schema, value, wrong);
		if (typeof value === "number") this.#number(schema, value, wrong);
		else if (typeof value === "string") this.#string(schema, value, wrong);
		else if (Array.isArray(value)) this.#array(schema, value, path, scope, own, faults, wrong);
		else if (isObject(value)) this.#object(schema, value, path, scope, own, faults, wrong, fits);
		this.#combined(schema, fits, wrong);
		if (Array.isArray(value)) this.#restOfItems(schema, value, path, scope, own, faults);
		else if (isObject(value)) this.#restOfMembers(schema, value, path, scope, own, faults);
		for (const name of own.names) evaluated.names.add(name);
		for (const item of own.items) evaluated.items.add(item);
		return faults.length === before;
	}

	#any(schema: Members, value: unknown, wrong: (message: string) => void): void {
		if (schema.type !== undefined) {
			const types = [schema.type].flat();
			const type = typeOf(value);
			if (!types.includes(type) && !(types.includes("integer") && Number.isInteger(value)))
				wrong(`must be ${types.join(" or ")}, not ${type}: ${quoted(value)}`);
		}
		if (Array.isArray(schema.enum) && !schema.enum.some((one) => isEqual(one, value)))
			wrong(`must be one of ${schema.enum.map((one) => JSON.stringify(one)).join(", ")}, not ${quoted(value)}`);
		if ("const" in schema && !isEqual(schema.const, value))
			wrong(`must be ${JSON.stringify(schema.const)}, not ${quoted(value)}`);
	}

	#number(schema: Members, value: number, wrong: (message: string) => void): void {
		const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = schema as Record<string, number>;
		if (minimum !== undefined && value < minimum) wrong(`must be at least ${minimum}, not ${value}`);
		if (maximum !== undefined && value > maximum) wrong(`must be at most ${maximum}, not ${value}`);
		if (exclusiveMinimum !== undefined && value <= exclusiveMinimum)
			wrong(`must be greater than ${exclusiveMinimum}, not ${value}`);
		if (exclusiveMaximum !== undefined && value >= exclusiveMaximum)
			wrong(`must be less than ${exclusiveMaximum}, not ${value}`);
		if (multipleOf !== undefined && !isMultiple(value, multipleOf))
			wrong(`must be a multiple of ${multipleOf}, not ${value}`);
	}

	#string(schema: Members, value: string, wrong: (message: string) => void): void {
		const { minLength, maxLength } = schema as Record<string, number>;
		// Characters count, not code units.
		const length = minLength === undefined && maxLength === undefined ? 0 : [...value].length;
		if (minLength !== undefined && length < minLength)
			wrong(`must have at least ${minLength} characters, not ${length}`);
		if (maxLength !== undefined && length > maxLength)
			wrong(`must have at most ${maxLength} characters, not ${length}`);
		if (schema.pattern !== undefined && !this.#pattern(schema.pattern as string).test(value))
			wrong(`must match the pattern ${schema.pattern}, not ${quoted(value)}`);
	}

	#array(
		schema: Members,
		value: unknown[],
		path: string,
		scope: Scope,
		own: Evaluated,
		faults: Fault[],
		wrong: (message: string) => void,
	): void {
		const { minItems, maxItems, minContains = 1, maxContains } = schema as Record<string, number>;
		if (minItems !== undefined && value.length < minItems)
			wrong(`must have at least ${minItems} items, not ${value.length}`);
		if (maxItems !== undefined && value.length > maxItems)
			wrong(`must have at most ${maxItems} items, not ${value.length}`);
		const first = (schema.prefixItems ?? []) as SubSchema[];
		value.forEach((item, at) => {
			const one = at < first.length ? first[at] : (schema.items as SubSchema | undefined);
			if (one === undefined) return;
			this.check(one, item, `${path}/${at}`, scope, none(), faults);
			own.items.add(at);
		});
		if (schema.contains !== undefined) {
			let count = 0;
			value.forEach((item, at) => {
				if (!this.check(schema.contains as SubSchema, item, path, scope, none(), [])) return;
				own.items.add(at);
				count += 1;
			});
			if (count < minContains) wrong(`must contain at least ${minContains} items that match "contains", not ${count}`);
			if (maxContains !== undefined && count > maxContains)
				wrong(`must contain at most ${maxContains} items that match "contains", not ${count}`);
		}
		const isDouble = (item: unknown, at: number) => value.slice(0, at).some((other) => isEqual(item, other));
		if (schema.uniqueItems === true && value.some(isDouble)) wrong("must not contain duplicate items");
	}

	#object(
		schema: Members,
		value: Members,
		path: string,
		scope: Scope,
		own: Evaluated,
		faults: Fault[],
		wrong: (message: string) => void,
		fits: (other: unknown) => boolean,
	): void {
		const names = Object.keys(value);
		const { minProperties, maxProperties } = schema as Record<string, number>;
		if (minProperties !== undefined && names.length < minProperties)
			wrong(`must have at least ${minProperties} members`);
		if (maxProperties !== undefined && names.length > maxProperties)
			wrong(`must have at most ${maxProperties} members`);
		const missing = (required: unknown, why = "") => {
			for (const name of required as string[])
				if (!Object.hasOwn(value, name)) wrong(`the member ${JSON.stringify(name)} is missing${why}`);
		};
		missing(schema.required ?? []);
		for (const [name, required] of Object.entries(schema.dependentRequired ?? {}))
			if (Object.hasOwn(value, name)) missing(required, `; ${JSON.stringify(name)} requires it`);
		for (const [name, other] of Object.entries(schema.dependentSchemas ?? {}))
			if (Object.hasOwn(value, name)) fits(other);
		const patterns = Object.entries((schema.patternProperties ?? {}) as Record<string, SubSchema>);
		const known = (schema.properties ?? {}) as Record<string, SubSchema>;
		for (const name of names) {
			const memberPath = path + pointerPart(name);
			const rules = patterns.filter(([pattern]) => this.#pattern(pattern).test(name)).map(([, rule]) => rule);
			if (Object.hasOwn(known, name)) rules.push(known[name] as SubSchema);
			if (rules.length === 0 && schema.additionalProperties !== undefined) {
				if (schema.additionalProperties === false) wrong(`the member ${JSON.stringify(name)} is not allowed`);
				else rules.push(schema.additionalProperties as SubSchema);
			}
			for (const rule of rules) {
				this.check(rule, value[name], memberPath, scope, none(), faults);
				own.names.add(name);
			}
			if (schema.propertyNames !== undefined)
				this.check(schema.propertyNames as SubSchema, name, memberPath, scope, none(), faults);
		}
	}

	/** Applies the keywords that combine schemas. */
	#combined(
		schema: Members,
		fits: (other: unknown, into?: Fault[]) => boolean,
		wrong: (message: string) => void,
	): void {
		const list = (name: string) => (schema[name] ?? []) as unknown[];
		for (const other of list("allOf")) fits(other);
		for (const name of ["anyOf", "oneOf"]) {
			if (schema[name] === undefined) continue;
			const tries = list(name).map((other): Fault[] => {
				const faults: Fault[] = [];
				fits(other, faults);
				return faults;
			});
			const count = tries.filter((faults) => faults.length === 0).length;
			if (count === 0) {
				const whys = tries.map(([fault]) => `${fault?.path && `${fault.path} `}${fault?.message}`);
				wrong(`matches none of the alternatives: ${whys.join("; or ")}`);
			}
			if (name === "oneOf" && count > 1) wrong(`matches ${count} of the alternatives and must match exactly one`);
		}
		if (schema.not !== undefined && fits(schema.not, [])) wrong('must not match the schema of "not"');
		if (schema.if !== undefined) {
			const branch = fits(schema.if, []) ? schema.then : schema.else;
			if (branch !== undefined) fits(branch);
		}
	}

	#restOfItems(schema: Members, value: unknown[], path: string, scope: Scope, own: Evaluated, faults: Fault[]): void {
		const rule = schema.unevaluatedItems as SubSchema | undefined;
		if (rule === undefined) return;
		value.forEach((item, at) => {
			if (own.items.has(at)) return;
			this.check(rule, item, `${path}/${at}`, scope, none(), faults);
			own.items.add(at);
		});
	}

	#restOfMembers(schema: Members, value: Members, path: string, scope: Scope, own: Evaluated, faults: Fault[]): void {
		const rule = schema.unevaluatedProperties as SubSchema | undefined;
		if (rule === undefined) return;
		for (const name of Object.keys(value)) {
			if (own.names.has(name)) continue;
			this.check(rule, value[name], path + pointerPart(name), scope, none(), faults);
			own.names.add(name);
		}
	}

	#pattern(source: string): RegExp {
		let pattern = this.#patterns.get(source);
		if (pattern === undefined) {
			pattern = new RegExp(source, "u");
			this.#patterns.set(source, pattern);
		}
		return pattern;
	}
}
