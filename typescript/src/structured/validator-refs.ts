// References between the parts of a JSON Schema: `$id`, `$anchor`, `$dynamicAnchor`, `$ref` and `$dynamicRef` of draft 2020-12, within one document.

import { pointerNames } from "./pointer.js";

/** A schema within a schema. */
export type SubSchema = boolean | Record<string, unknown>;

/** A schema with a URI of its own, and its anchors. */
interface Resource {
	uri: string;
	root: SubSchema;
	anchors: Map<string, SubSchema>;
	dynamic: Set<string>;
}

/** The resources that the validation of a value has entered, the innermost first. */
export interface Scope {
	resource: Resource;
	outer: Scope | undefined;
}

const one = [
	"additionalProperties",
	"unevaluatedItems",
	"unevaluatedProperties",
	"items",
	"contains",
	"propertyNames",
	"not",
	"if",
	"then",
	"else",
	"contentSchema",
];
const lists = ["prefixItems", "allOf", "anyOf", "oneOf"];
const maps = ["$defs", "definitions", "properties", "patternProperties", "dependentSchemas"];

/** The schemas of a document. */
export class Schemas {
	readonly #resources = new Map<string, Resource>();
	readonly #owners = new Map<object, Resource>();

	constructor(schema: unknown) {
		this.#index(schema, this.#resource("https://schema.invalid/", schema as SubSchema));
	}

	/** Returns the scope within a schema. */
	enter(schema: object, scope: Scope | undefined): Scope {
		const resource = this.#owners.get(schema) as Resource;
		return scope?.resource === resource ? scope : { resource, outer: scope };
	}

	/** Resolves a reference. */
	find(reference: string, scope: Scope, isDynamic: boolean): SubSchema {
		const url = new URL(reference, scope.resource.uri);
		const fragment = decodeURIComponent(url.hash.slice(1));
		url.hash = "";
		const resource = this.#resources.get(url.href);
		const found = resource && (fragment.startsWith("/") ? this.#at(resource, fragment) : anchor(resource, fragment));
		if (found === undefined) throw new Error(`it refers to ${reference}, which it does not contain`);
		if (!isDynamic || !resource?.dynamic.has(fragment)) return found;
		let outermost = found;
		for (let at: Scope | undefined = scope; at; at = at.outer)
			if (at.resource.dynamic.has(fragment)) outermost = at.resource.anchors.get(fragment) as SubSchema;
		return outermost;
	}

	#resource(uri: string, root: SubSchema): Resource {
		const resource = { uri, root, anchors: new Map(), dynamic: new Set<string>() };
		this.#resources.set(uri, resource);
		return resource;
	}

	#index(schema: unknown, outer: Resource): void {
		if (typeof schema !== "object" || schema === null || this.#owners.has(schema)) return;
		const fields = schema as Record<string, unknown>;
		let owner = outer;
		if (typeof fields.$id === "string") {
			const url = new URL(fields.$id, outer.uri);
			url.hash = "";
			owner = this.#resource(url.href, fields);
		}
		this.#owners.set(schema, owner);
		for (const name of ["$anchor", "$dynamicAnchor"]) {
			const anchor = fields[name];
			if (typeof anchor !== "string") continue;
			owner.anchors.set(anchor, fields);
			if (name === "$dynamicAnchor") owner.dynamic.add(anchor);
		}
		for (const name of one) this.#index(fields[name], owner);
		for (const name of lists) for (const part of list(fields[name])) this.#index(part, owner);
		for (const name of maps) for (const part of Object.values(fields[name] ?? {})) this.#index(part, owner);
	}

	/** Resolves a JSON pointer in a resource; it may point to a value that no keyword uses as a schema. */
	#at(resource: Resource, pointer: string): SubSchema | undefined {
		let at: unknown = resource.root;
		let owner = resource;
		for (const name of pointerNames(pointer)) {
			if (typeof at !== "object" || at === null) return undefined;
			owner = this.#owners.get(at) ?? owner;
			at = (at as Record<string, unknown>)[name];
		}
		this.#index(at, owner);
		return at as SubSchema | undefined;
	}
}

function anchor(resource: Resource, name: string): SubSchema | undefined {
	return name === "" ? resource.root : resource.anchors.get(name);
}

function list(value: unknown): unknown[] {
	return Array.isArray(value) ? value : [];
}
