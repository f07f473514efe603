// Schemas that users give, whatever library made them: what they are as JSON Schema, and how they judge a value.
//
// Law: depends on no schema library. Those that follow Standard Schema are asked through it; a plain JSON Schema is judged by
// `validator.ts`, the same in every runtime.

import { createError } from "../binding/errors.js";
import type { Fault } from "./validator.js";

/** A JSON Schema, draft 2020-12. */
export type JsonSchema = Readonly<Record<string, unknown>>;

type Result<Output> =
	| { readonly value: Output; readonly issues?: undefined }
	| { readonly issues: readonly Issue[]; readonly value?: undefined };

/** What is wrong with a value, as Standard Schema tells it. */
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

/** What may be given as a schema. */
export type Schema = StandardSchema | JsonSchema;

type Types<S extends StandardSchema> = NonNullable<S["~standard"]["types"]>;
/** The JSON that a schema takes. */
export type SchemaInput<S> = S extends StandardSchema ? Types<S>["input"] : unknown;
/** What a schema makes of it. */
export type SchemaOutput<S> = S extends StandardSchema ? Types<S>["output"] : unknown;

/** Whose schemas plain JSON Schemas become. */
export const vendor = "trilogue";

/** A plain JSON Schema as a schema of the type `T`, whose values are taken as they are. */
export function jsonSchema<T = unknown>(schema: JsonSchema): StandardSchema<T> {
	const validate = async (value: unknown): Promise<Result<T>> => {
		const faults = await judged(schema, value);
		if (faults.length === 0) return { value: value as T };
		const path = (fault: Fault) => fault.path.split("/").slice(1);
		return { issues: faults.map((fault) => ({ message: fault.message, path: path(fault) })) };
	};
	return { "~standard": { version: 1, vendor, validate, jsonSchema: { input: () => schema } } };
}

/** What of `value` a plain JSON Schema forbids. Rejects with an `InvalidRequestError` where the schema is none. */
async function judged(schema: JsonSchema, value: unknown): Promise<Fault[]> {
	// A file of its own, that only those load who give plain JSON Schemas.
	const { validate } = await import("./validator.js");
	try {
		return validate(schema, value);
	} catch (why) {
		throw createError("InvalidRequestError", `the JSON Schema is wrong: ${(why as Error).message}`);
	}
}

/** A schema as it is used here. */
export interface Compiled {
	name: string;
	description: string | undefined;
	schema: JsonSchema;
	standard: StandardSchema["~standard"];
	/** `value`, or what is wrong with it. */
	validate(value: unknown): Promise<{ value?: unknown; faults?: Fault[] }>;
}

/** Makes a schema ready. Throws an `InvalidRequestError` where its library tells no JSON Schema. */
export async function compile(given: Schema): Promise<Compiled> {
	const standard = (isStandard(given) ? given : jsonSchema(given))["~standard"];
	// What only tells which draft or library a schema comes from is nothing for a model.
	const { $schema: _draft, "~standard": _library, ...schema } = await toJsonSchema(given, standard);
	const text = (value: unknown) => (typeof value === "string" && value !== "" ? value : undefined);
	return {
		name: text(schema.title) ?? "answer",
		description: text(schema.description),
		schema,
		standard,
		validate: async (value) => {
			const result = await standard.validate(value);
			return result.issues ? { faults: result.issues.map(faultOf) } : { value: result.value };
		},
	};
}

/** Whether something was made by a library that follows Standard Schema; arktype's schemas are functions. */
export function isStandard(given: unknown): given is StandardSchema {
	const isObject = (typeof given === "object" && given !== null) || typeof given === "function";
	return isObject && "~standard" in given && "validate" in (given["~standard"] as object);
}

/** What is wrong, a line each. */
export function lines(faults: readonly Fault[]): string {
	return faults.map(({ path, message }) => `${path || "(the whole)"}: ${message}`).join("\n");
}

/** The same, as it is told here. */
export function faultOf({ message, path = [] }: Issue): Fault {
	return { path: path.map((part) => `/${String(typeof part === "object" ? part.key : part)}`).join(""), message };
}

type Converter = (schema: unknown, options: object) => JsonSchema;
/** What converts the schemas of libraries that don't follow Standard JSON Schema themselves, and what to do without it. */
const converters: Record<string, [package_: string, name: string, hint: string]> = {
	zod: ["zod", "toJSONSchema", "use zod 4.2 or newer"],
	valibot: [
		"@valibot/to-json-schema",
		"toJsonSchema",
		"install @valibot/to-json-schema; in a bundle, give its `toStandardJsonSchema(schema)`",
	],
};

async function toJsonSchema(given: Schema, { vendor, jsonSchema }: StandardSchema["~standard"]): Promise<JsonSchema> {
	const own = (given as { toJsonSchema?: () => JsonSchema }).toJsonSchema;
	try {
		if (jsonSchema) return jsonSchema.input({ target: "draft-2020-12" });
		if (typeof own === "function") return own.call(given);
		const [library, name, hint] = converters[vendor] ?? ["", "", "give `jsonSchema<T>({…})` instead"];
		const convert = await converter(library, name);
		if (!convert) throw new Error(`${vendor} doesn't tell it: ${hint}`);
		return convert(given, { io: "input", typeMode: "input", target: "draft-2020-12" });
	} catch (why) {
		throw createError("InvalidRequestError", `this schema can't be written as JSON Schema: ${(why as Error).message}`);
	}
}

async function converter(library: string, name: string): Promise<Converter | undefined> {
	try {
		// The name is a variable, so that a bundler neither needs the package nor takes it in.
		const found: Record<string, Converter> = await import(/* webpackIgnore: true */ /* @vite-ignore */ library);
		return found[name];
	} catch {
		return undefined;
	}
}
