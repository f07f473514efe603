// The settings.
//
// Values are signals; the defaults are those of the product page, from the catalogue. Nothing is stored, so a reload resets them. A link may name a
// model, and an endpoint on the user's own machine, but no other one, since it must not send a key elsewhere.

import { computed, effect, signal } from "@preact/signals";
import type { CatalogEntry } from "trilogue";
import { catalog } from "../engine/engine";

/** The format of requests. */
export type Format = "chat" | "messages";
/** The form of replies: text, a JSON object, or JSON that matches the schema. */
export type Output = "text" | "object" | "schema";
/** The value of a parameter; undefined if it is not sent. */
export type Value = number | string[] | undefined;

/** The catalogue's description of a parameter. */
export interface Parameter {
	type: "number" | "integer" | "string[]";
	default?: number;
	min?: number;
	max?: number;
	about: string;
}

/** The model of the product page, whose defaults apply to all models. */
export const HOME_MODEL = "openai-gpt-oss-120b";
const HOME_ENDPOINT = "https://modelslab.com/api/v7/llm";

const link = new URLSearchParams(location.hash.slice(1));

function localEndpoint(text: string | null): string | undefined {
	const url = text && URL.canParse(text) ? new URL(text) : undefined;
	return url && /^(127\.0\.0\.1|localhost|\[::1\])$/.test(url.hostname) ? url.href.replace(/\/$/, "") : undefined;
}

export const baseURL = signal(localEndpoint(link.get("endpoint")) ?? HOME_ENDPOINT);
export const format = signal<Format>("chat");
export const model = signal(link.get("model")?.slice(0, 200) || HOME_MODEL);
export const system = signal("");
export const values = signal<Readonly<Record<string, Value>>>({});
export const output = signal<Output>("text");
export const schemaText = signal(`{
	"type": "object",
	"properties": {
		"title": { "type": "string" },
		"summary": { "type": "string" },
		"points": {
			"type": "array",
			"items": {
				"type": "object",
				"properties": {
					"name": { "type": "string" },
					"detail": { "type": "string" }
				},
				"required": ["name", "detail"],
				"additionalProperties": false
			}
		}
	},
	"required": ["title", "summary", "points"],
	"additionalProperties": false
}`);
/** The names of the page's tools that are switched on. */
export const tools = signal<ReadonlySet<string>>(new Set());

/** The model, if it is in the catalogue. */
export const entry = computed<CatalogEntry | undefined>(() => catalog.value?.get(model.value));
const home = computed(() => catalog.value?.get(HOME_MODEL));

/** The parameters of the model; those of the product page if the catalogue has none for it. */
export const parameters = computed<Readonly<Record<string, Parameter>>>(() => {
	const own = entry.value?.parameters;
	const { n: _n, ...known } = (own && Object.keys(own).length > 0 ? own : (home.value?.parameters ?? {})) as Record<
		string,
		Parameter
	>;
	return known;
});

/** The suggested prompts. */
export const prompts = computed(() => entry.value?.prompts ?? home.value?.prompts ?? []);

/** The schema, or why it is invalid. */
export const schema = computed<{
	value?: Record<string, unknown>;
	problem?: string;
}>(() => {
	try {
		const value: unknown = JSON.parse(schemaText.value);
		if (typeof value === "object" && value !== null && !Array.isArray(value))
			return { value: value as Record<string, unknown> };
		return { problem: "A schema is a JSON object." };
	} catch (error) {
		return {
			problem: `Not JSON yet: ${error instanceof Error ? error.message : ""}`,
		};
	}
});

/** Resets the parameters and the system message to the defaults. */
export function resetParameters(): void {
	const defaults = Object.entries(parameters.value).map(([name, { default: value }]) => [name, value]);
	values.value = Object.fromEntries(defaults);
}

export function setValue(name: string, value: Value): void {
	values.value = { ...values.value, [name]: value };
}

export function toggleTool(name: string, isOn: boolean): void {
	const next = new Set(tools.value);
	if (isOn) next.add(name);
	else next.delete(name);
	tools.value = next;
}

// Once, when the catalogue is loaded.
const stop = effect(() => {
	const suggested = home.value;
	if (!suggested) return;
	system.value ||= suggested.system ?? "";
	resetParameters();
	queueMicrotask(() => stop());
});
