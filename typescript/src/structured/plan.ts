// The plan of a typed reply, for whole replies and streams of both formats.
//
// The core writes requests, finds the JSON in replies and decides what follows an invalid one; the schema's library validates the value.

import { answersReady } from "../binding/binding.js";
import type { Fault } from "../binding/failure.js";
import { answerOperation } from "../binding/operations.js";
import { WIRE_FORMATS } from "../generated/constants.js";
import { APIError } from "../generated/errors.js";
import type { Plan as CorePlan } from "../generated/operations.js";
import type { StructuredOptions } from "../generated/options.js";
import type { ChatCompletion } from "../generated/types.js";
import type { Format } from "../requests/format.js";
import { checkJSON } from "../requests/json.js";
import type { Reply } from "../tools/run.js";
import { Early } from "./early.js";
import { parserOf } from "./helpers.js";
import { type Compiled, compile, isStandard, type JsonSchema, parsedWith, type Schema, vendor } from "./schema.js";
import type { StructuredMode, Tries } from "./types.js";

type Body = Record<string, unknown>;
/** Why a reply is invalid: it contains no JSON, or the value does not match the schema. */
type Rejection = { problem: string } | { problems: Fault[] };

/** What follows an invalid reply. */
export interface Retry {
	request?: object | undefined;
	on_invalid?: "raise" | "reask" | undefined;
	max_reasks?: number | undefined;
}

/** The plan of a typed reply. */
export class Plan {
	readonly #endpoint: Format;
	readonly #schema: Schema;
	readonly #options: StructuredOptions;
	#compiled: Compiled | undefined;
	#core: CorePlan | undefined;

	constructor(endpoint: Format, schema: Schema, { mode, strict }: StructuredOptions) {
		this.#endpoint = endpoint;
		this.#schema = schema;
		this.#options = { mode, strict };
	}

	/** Returns the request of a typed reply. Rejects with an `InvalidRequestError` if the schema cannot be sent. */
	async request(body: object): Promise<Body> {
		const { response_format: _chat, output_format: _messages, ...request } = body as Body;
		if (parserOf((request.output_config as { format?: unknown } | undefined)?.format)) {
			const { format: _format, ...config } = request.output_config as Body;
			request.output_config = config;
		}
		checkJSON(request, "InvalidRequestError");
		await answersReady();
		const schema = this.#schema;
		const compiled = isWireFormat(schema) ? undefined : await compile(schema);
		const parse = parserOf(schema);
		// A format of messages has no member that says whether it is strict. One with a parser is sent as it is.
		const isFixed = parse !== undefined || (!compiled && this.#endpoint === "messages");
		const strict = this.#options.strict ?? (isFixed ? false : undefined);
		const input = { endpoint: this.#endpoint, request, ...this.#options, strict };
		const planned = answerOperation("plan_answer", {
			...input,
			...(compiled ? { schema: compiled.schema } : { format: withoutParser(schema as JsonSchema) }),
		});
		this.#core = planned.plan;
		const sent = planned.plan.schema as JsonSchema;
		this.#compiled =
			compiled ?? (await compile(parse ? parsedWith(sent, (value) => parse(JSON.stringify(value))) : sent));
		if (parse && planned.plan.mode === "json_schema" && this.#endpoint === "chat") {
			return { ...planned.request, response_format: schema };
		}
		return planned.request;
	}

	get #plan(): CorePlan {
		return this.#core as CorePlan;
	}

	/** How the request asks for JSON. */
	get mode(): StructuredMode | undefined {
		return this.#core?.mode;
	}

	/** Whether the value is the member `value` of the JSON. */
	get isWrapped(): boolean {
		return this.#core?.wrapped ?? false;
	}

	/** The JSON type that the reply starts with. */
	get root(): string {
		return this.#core?.root ?? "any";
	}

	/** Validates parts of a growing value; undefined for plain JSON Schemas, which are validated at the end. */
	early(): Early | undefined {
		const { standard, schema } = this.#compiled as Compiled;
		if (standard.vendor === vendor) return undefined;
		return new Early(standard, this.isWrapped, (value) => this.#withoutNulls(value, schema));
	}

	/** Returns an element at a path, without the nulls of strict mode, and validated if there is a schema for it. */
	async element(path: string, value: unknown, schema: Compiled | undefined): Promise<unknown> {
		if (!schema)
			return this.#plan.strict ? answerOperation("read_element", { plan: this.#plan, path, value }).value : value;
		const { value: output, faults } = await schema.validate(this.#withoutNulls(value, schema.schema));
		if (faults) this.reject({ problems: faults }, null, []);
		return output;
	}

	#withoutNulls(value: unknown, schema: JsonSchema): unknown {
		return this.#plan.strict ? answerOperation("remove_nulls", { schema, value }).value : value;
	}

	/** Throws if a reply contains no complete JSON value. */
	requireWhole(reply: Reply): void {
		const { problem } = answerOperation("read_answer", { plan: this.#plan, reply });
		if (problem !== undefined) this.reject({ problem }, reply, []);
	}

	/**
	 * Sets the values of a reply as `parsed`. Returns the request of the next try if the reply is invalid and `retry` allows it, else throws an
	 * `InvalidOutputError`. Throws the error of a truncated reply.
	 */
	async read(reply: Reply, tries: Tries, retry?: Retry): Promise<object | undefined> {
		tries.push(reply.usage ?? null);
		const rejection = await this.#readValues(reply, tries);
		if (rejection) return this.reject(rejection, reply, tries, retry);
		reply.tries = tries;
		return undefined;
	}

	async #readValues(reply: Reply, tries: Tries): Promise<Rejection | undefined> {
		const { values, problem } = withTries(tries, () => answerOperation("read_answer", { plan: this.#plan, reply }));
		if (problem !== undefined) return { problem };
		const parsed: unknown[] = [];
		for (const answer of values) {
			const { value, faults } =
				"value" in answer ? await (this.#compiled as Compiled).validate(answer.value) : { value: null };
			if (faults) return { problems: faults };
			parsed.push(value);
		}
		if ("choices" in reply) {
			for (const [index, { message }] of (reply as ChatCompletion).choices.entries()) message.parsed = parsed[index];
		}
		reply.parsed = parsed[0] ?? null;
		if (!("choices" in reply)) setParsedOutput(reply);
		return undefined;
	}

	/** Returns the request that asks for a correction, or throws an `InvalidOutputError`. */
	reject(rejection: Rejection, reply: Reply | null, tries: Tries, retry: Retry = {}): object {
		const input = { plan: this.#plan, reply, tries: tries.length, ...rejection, ...retry };
		return withTries(tries, () => answerOperation("reject_answer", input)).request;
	}
}

/** Adds the usage of the requests to an error of `work`. */
function withTries<T>(tries: Tries, work: () => T): T {
	try {
		return work();
	} catch (error) {
		throw error instanceof APIError ? Object.assign(error, { tries }) : error;
	}
}

/** Sets the name that Anthropic's client has for `parsed`. It is not enumerable, so that the JSON of a reply has the value once. */
export function setParsedOutput(reply: object): void {
	Object.defineProperty(reply, "parsed_output", {
		get: () => (reply as { parsed?: unknown }).parsed,
		configurable: true,
	});
}

function withoutParser({ parse: _parse, ...format }: JsonSchema): JsonSchema {
	return format;
}

/** Whether a format is the API's own and not a schema. */
export function isWireFormat(format: unknown): boolean {
	return !isStandard(format) && WIRE_FORMATS.includes(String((format as Body | null)?.type));
}
