// Schemas of any library: their conversion to JSON Schema, and validation with them.
//
// Depends on no schema library. Schemas that follow Standard Schema validate by themselves; `validator.ts` validates values against plain JSON
// Schemas, the same in every runtime.

import { createError } from "../binding/errors.js";
import type { Fault } from "../binding/failure.js";
import { pointerNames, pointerPart } from "./pointer.js";

/** A JSON Schema, draft 2020-12. */
export type JsonSchema = Readonly<Record<string, unknown>>;

type Result<Output> =
	| { readonly value: Output; readonly issues?: undefined }
	| { readonly issues: readonly Issue[]; readonly value?: undefined };

/** An issue of a value, as Standard Schema reports it. */
export interface Issue {
	readonly message: string;
	readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** A schema of any library that follows Standard Schema (standardschema.dev): zod, valibot, arktype and others. */
export interface StandardSchema<Input = unknown, Output = Input> {
	readonly "~standard": {
		readonly version: 1;
		readonly vendor: string;
		readonly validate: (value: unknown) => Result<Output> | Promise<Result<Output>>;
		readonly types?: { readonly input: Input; readonly output: Output } | undefined;
		/** Standard JSON Schema. */
		readonly jsonSchema?: { readonly input: (options: { readonly target: "draft-2020-12" }) => JsonSchema } | undefined;
	};
}

/** Anything that is accepted as a schema. */
export type Schema = StandardSchema | JsonSchema;

type Types<S extends StandardSchema> = NonNullable<S["~standard"]["types"]>;
/** The type of the JSON that a schema accepts. */
export type SchemaInput<S> = S extends StandardSchema ? Types<S>["input"] : unknown;
/** The type of the value that a schema returns. */
export type SchemaOutput<S> = S extends StandardSchema ? Types<S>["output"] : unknown;

/** The vendor of the schemas that `jsonSchema` creates. */
export const vendor = "trilogue";

/** Creates a schema of the type `T` from a plain JSON Schema. Values are returned unchanged. */
export function jsonSchema<T = unknown>(schema: JsonSchema): StandardSchema<T> {
	const validate = async (value: unknown): Promise<Result<T>> => {
		const faults = await validated(schema, value);
		if (faults.length === 0) return { value: value as T };
		return { issues: faults.map(({ message, path }) => ({ message, path: pointerNames(path) })) };
	};
	return { "~standard": { version: 1, vendor, validate, jsonSchema: { input: () => schema } } };
}

/** Creates a schema from a plain JSON Schema that validates with a parser. */
export function parsedWith(schema: JsonSchema, parse: (value: unknown) => unknown): StandardSchema {
	const validate = async (value: unknown) => {
		try {
			return { value: await parse(value) };
		} catch (error) {
			return { issues: [{ message: error instanceof Error ? error.message : String(error) }] };
		}
	};
	return { "~standard": { version: 1, vendor, validate, jsonSchema: { input: () => schema } } };
}

/** Validates a value against a plain JSON Schema. Rejects with an `InvalidRequestError` if the schema is invalid. */
async function validated(schema: JsonSchema, value: unknown): Promise<Fault[]> {
	// A file of its own, which is loaded with the first plain JSON Schema.
	const { validate } = await import("./validator.js");
	try {
		return validate(schema, value);
	} catch (why) {
		throw createError("InvalidRequestError", `the JSON Schema is invalid: ${(why as Error).message}`);
	}
}

/** A schema that is ready for use. */
export interface Compiled {
	schema: JsonSchema;
	standard: StandardSchema["~standard"];
	/** Returns the `value`, or its `faults`. */
	validate(value: unknown): Promise<{ value?: unknown; faults?: Fault[] }>;
}

/** Prepares a schema. Rejects with an `InvalidRequestError` if its library does not convert it to JSON Schema. */
export async function compile(source: Schema): Promise<Compiled> {
	const standard = (isStandard(source) ? source : jsonSchema(source))["~standard"];
	// The draft and the library are of no use to a model.
	const { $schema: _draft, "~standard": _library, ...schema } = await toJsonSchema(source, standard);
	return {
		schema,
		standard,
		validate: async (value) => {
			const result = await standard.validate(value);
			return result.issues ? { faults: result.issues.map(faultOf) } : { value: result.value };
		},
	};
}

/** Whether a value is a schema of a library that follows Standard Schema; arktype's schemas are functions. */
export function isStandard(value: unknown): value is StandardSchema {
	const isObject = (typeof value === "object" && value !== null) || typeof value === "function";
	return isObject && "~standard" in value && "validate" in (value["~standard"] as object);
}

/** Converts an issue of Standard Schema. */
export function faultOf({ message, path = [] }: Issue): Fault {
	return { path: path.map((part) => pointerPart(typeof part === "object" ? part.key : part)).join(""), message };
}

type Converter = (schema: unknown, options: object) => JsonSchema;
/** For libraries that do not follow Standard JSON Schema themselves: the package and function that convert, and a hint if it is missing. */
const converters: Record<string, [package_: string, name: string, hint: string]> = {
	zod: ["zod", "toJSONSchema", "use zod 4.2 or newer"],
	valibot: [
		"@valibot/to-json-schema",
		"toJsonSchema",
		"install @valibot/to-json-schema; in a bundle, pass its `toStandardJsonSchema(schema)`",
	],
};

async function toJsonSchema(source: Schema, { vendor, jsonSchema }: StandardSchema["~standard"]): Promise<JsonSchema> {
	const own = (source as { toJsonSchema?: () => JsonSchema }).toJsonSchema;
	try {
		if (jsonSchema) return jsonSchema.input({ target: "draft-2020-12" });
		if (typeof own === "function") return own.call(source);
		const [library, name, hint] = converters[vendor] ?? ["", "", "pass `jsonSchema<T>({…})` instead"];
		const convert = await converter(library, name);
		if (!convert) throw new Error(`${vendor} does not convert it: ${hint}`);
		return convert(source, { io: "input", typeMode: "input", target: "draft-2020-12" });
	} catch (why) {
		throw createError(
			"InvalidRequestError",
			`this schema cannot be converted to JSON Schema: ${(why as Error).message}`,
		);
	}
}

async function converter(library: string, name: string): Promise<Converter | undefined> {
	try {
		// The name is a variable, so that a bundler neither requires the package nor includes it.
		const { importLibrary } = await import("./library.js");
		return (await importLibrary(library))[name] as Converter | undefined;
	} catch {
		return undefined;
	}
}
