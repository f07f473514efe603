// Answers of a type: what is asked for, what a reply is judged by, and asking again.
//
// Law: the core changes requests and finds the JSON in replies; the schema's own library judges the value. One plan serves whole
// replies and streams, of both formats.

import { ready } from "../binding/binding.js";
import { createError } from "../binding/errors.js";
import { assist } from "../binding/operations.js";
import { APIError } from "../generated/errors.js";
import type { ChatCompletion, ChatMessage, Choice, Message, MessageUsage, Usage } from "../generated/types.js";
import { APIPromise, type WithResponse } from "../requests/api-promise.js";
import type { RequestOptions } from "../requests/options.js";
import type { Sender } from "../requests/sender.js";
import { Early } from "./early.js";
import { type Compiled, compile, isStandard, type JsonSchema, lines, type Schema, vendor } from "./schema.js";
import type { Fault } from "./validator.js";

/** How an endpoint is asked for JSON. */
export type StructuredMode = "json_schema" | "json_object" | "tool";

/** How an answer of a type is asked for. */
export interface StructuredOptions {
	/** `json_schema` (default): the endpoint follows the schema; `json_object`: JSON mode; `tool`: a tool that must be called. */
	mode?: StructuredMode | undefined;
	/** Derive the schema that strict mode asks for. Default true. */
	strict?: boolean | undefined;
}

/** How a whole answer of a type is asked for. */
export interface ParseOptions extends StructuredOptions {
	/** What to do with an answer that doesn't fit: fail (default), or tell the model what is wrong. */
	onInvalid?: "raise" | "reask" | undefined;
	/** How often to ask again. Default 2. */
	maxReasks?: number | undefined;
}

/** A value that is still growing: members and items may be missing, texts may go on. Strict mode sends null for what is left out. */
export type DeepPartial<T> = unknown extends T
	? T
	: T extends string
		? string
		: T extends readonly (infer Item)[]
			? DeepPartial<Item>[]
			: T extends object
				? { [Key in keyof T]?: DeepPartial<T[Key]> | (undefined extends T[Key] ? null : never) }
				: T;

/** What an answer of a type has on top of its format. */
export interface Parsed<T, Tokens> {
	/** The answer's value; null where the model refused or called a tool instead. */
	parsed: T | null;
	/** The tokens of each try; null where the endpoint didn't tell. */
	tries: (Tokens | null)[];
}

/** A completion with the values of its choices. */
export interface ParsedChatCompletion<T> extends ChatCompletion, Parsed<T, Usage> {
	choices: (Choice & { message: ChatMessage & { parsed: T | null } })[];
}

/** A message with its value. */
export interface ParsedMessage<T> extends Message, Parsed<T, MessageUsage> {}

/** An `APIError` of an answer of a type. */
export interface StructuredError extends APIError {
	/** The tokens of each try. */
	tries: (Usage | MessageUsage | null)[];
	/** What is wrong with the value, of an `InvalidOutputError`. */
	faults?: Fault[];
}

type Endpoint = "chat" | "messages";
type Reply = ChatCompletion | Message;
type Body = Record<string, unknown>;

/** What `structure` gives back, unread but for these. */
interface Output {
	strict: boolean;
	wrapped: boolean;
	root: string;
}

interface Extracted {
	value?: unknown;
	problem?: { kind: string; message: string };
}

/** The answer that is asked for. */
export class Plan {
	readonly mode: StructuredMode;
	readonly #endpoint: Endpoint;
	readonly #given: Schema;
	readonly #told: Body;
	#compiled: Compiled | undefined;
	#output: Output | undefined;

	constructor(endpoint: Endpoint, schema: Schema, options: StructuredOptions) {
		const format = schema as Body;
		const wire = isWireFormat(schema) ? ((format.json_schema ?? format) as Body) : undefined;
		this.mode = options.mode ?? (wire && format.type === "json_object" ? "json_object" : "json_schema");
		this.#endpoint = endpoint;
		this.#given = wire ? ((wire.schema ?? { type: "object" }) as JsonSchema) : schema;
		const { name, description, strict } = wire ?? {};
		this.#told = { name, description, strict: options.strict ?? strict ?? true };
	}

	/** The request that asks for it. Rejects with an `InvalidRequestError` where the schema can't be sent. */
	async request(body: object): Promise<Body> {
		const { response_format: _chat, output_format: _messages, ...request } = body as Body;
		await ready();
		this.#compiled = await compile(this.#given);
		const { name, description, schema } = this.#compiled;
		const { name: toldName = name, description: toldDescription = description, strict } = this.#told;
		const output = { name: toldName, description: toldDescription, schema, mode: this.mode, strict };
		const shaped = assist<{ request: Body; output: Output }>("structure", {
			endpoint: this.#endpoint,
			request,
			output,
		});
		this.#output = shaped.output;
		return shaped.request;
	}

	/** Whether the value stands in a member `value`. */
	get isWrapped(): boolean {
		return this.#output?.wrapped ?? false;
	}

	/** What a stream's JSON begins with. */
	get root(): string {
		return this.#output?.root ?? "any";
	}

	/** Fails where a reply holds no whole JSON value. */
	whole(reply: Reply): void {
		this.#json(reply, reply);
	}

	/** What refuses parts that can't fit any more; nothing for plain JSON Schemas. */
	early(): Early | undefined {
		const { standard, schema } = this.#compiled as Compiled;
		if (standard.vendor === vendor) return undefined;
		return new Early(standard, this.isWrapped, (value) => this.#tidied(value, schema));
	}

	/** An element at a path, without the nulls of strict mode, as its schema makes it. */
	async element(path: string, value: unknown, schema: Compiled | undefined): Promise<unknown> {
		if (!schema) {
			if (!this.#output?.strict) return value;
			const input = { endpoint: this.#endpoint, output: this.#output, path, value };
			return assist<{ value: unknown }>("element", input).value;
		}
		const { value: made, faults } = await schema.validate(this.#tidied(value, schema.schema));
		if (faults) throw misfit(faults, null);
		return made;
	}

	/** A value without the nulls that strict mode makes models write for what is left out. */
	#tidied(value: unknown, schema: JsonSchema): unknown {
		if (!this.#output?.strict) return value;
		const output = { ...this.#output, mode: "json_schema", root: "any", wrapped: false, schema };
		const reply = { choices: [{ message: { content: JSON.stringify(value) } }] };
		return assist<{ value: unknown }>("extract", { endpoint: "chat", reply, output }).value;
	}

	/** Puts the values into a reply. Rejects with an `InvalidOutputError`, or with the error of an answer that was cut. */
	async judge(reply: Reply): Promise<void> {
		const completion = "choices" in reply ? (reply as ChatCompletion) : undefined;
		const values: unknown[] = [];
		for (const part of completion?.choices.map((choice) => ({ ...completion, choices: [choice] })) ?? [reply]) {
			values.push(await this.#value(part, reply));
		}
		completion?.choices.forEach((choice, place) => {
			choice.message.parsed = values[place];
		});
		reply.parsed = values[0] ?? null;
	}

	async #value(part: Reply, whole: Reply): Promise<unknown> {
		const found = this.#json(part, whole);
		if (!found) return null;
		const { value, faults } = (await this.#compiled?.validate(found.value)) ?? {};
		if (faults) throw misfit(faults, whole);
		return value;
	}

	/** The JSON in a reply; nothing where the model refused or called a tool instead. */
	#json(part: Reply, whole: Reply): { value?: unknown } | undefined {
		const { problem, ...found } = assist<Extracted>("extract", {
			endpoint: this.#endpoint,
			reply: part,
			output: this.#output,
		});
		if (!problem) return found;
		const [choice] = (part as ChatCompletion).choices ?? [part as Message];
		const isCall = this.mode !== "tool" && /^tool_|^function_/.test(`${choice?.finish_reason ?? choice?.stop_reason}`);
		if (isCall || problem.kind === "refusal") return undefined;
		throw invalid(problem.message, [{ path: "", message: problem.message }], whole);
	}

	/** The request that tells the model what is wrong with its answer. */
	reask(request: Body, reply: Reply, { faults = [] }: StructuredError): Body {
		const input = { endpoint: this.#endpoint, request, reply, output: this.#output, problem: lines(faults) };
		return assist<{ request: Body }>("reask", input).request;
	}
}

/** Asks until the answer fits. */
export function parse<Result extends Reply>(
	sender: Sender,
	endpoint: Endpoint,
	body: object,
	schema: Schema,
	options: ParseOptions & RequestOptions = {},
): APIPromise<Result> {
	const { mode, strict, onInvalid = "raise", maxReasks = 2, ...rest } = options;
	const plan = new Plan(endpoint, schema, { mode, strict });
	const ask = async (): Promise<WithResponse<Result>> => {
		let request = await plan.request(body);
		const tries: (Usage | MessageUsage | null)[] = [];
		for (;;) {
			const response = await sender.call<Reply>(endpoint, request, rest);
			const reply = response.data;
			const error = await settle(plan, reply, tries);
			if (!error) return response as WithResponse<Result>;
			if (!error.faults || onInvalid !== "reask" || tries.length > maxReasks) throw error;
			request = plan.reask(request, reply, error);
		}
	};
	return new APIPromise(ask());
}

/** Judges a reply; gives the error of one that doesn't fit. */
export async function settle(
	plan: Plan,
	reply: Reply,
	tries: (Usage | MessageUsage | null)[],
): Promise<StructuredError | undefined> {
	tries.push(reply.usage ?? null);
	try {
		await plan.judge(reply);
	} catch (error) {
		if (!(error instanceof APIError)) throw error;
		return Object.assign(error, { tries });
	}
	reply.tries = tries;
	return undefined;
}

/** Whether a format is the endpoint's own and no schema. */
export function isWireFormat(format: unknown): boolean {
	return !isStandard(format) && /^(text|json_object|json_schema)$/.test(String((format as Body | null)?.type));
}

/** The error of a value that doesn't fit. */
export function misfit(faults: Fault[], partial: unknown): StructuredError {
	return invalid(`the answer doesn't fit the schema:\n${lines(faults)}`, faults, partial);
}

function invalid(message: string, faults: Fault[], partial: unknown): StructuredError {
	return Object.assign(createError("InvalidOutputError", message, partial), { faults, tries: [] });
}
