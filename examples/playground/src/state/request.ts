// The request of the current settings.
//
// Pure functions. The code panel and the client both use them, so the code shows what is sent.

import type { ChatRequestParam, MessagesRequestParam } from "trilogue";
import type { Format, Output, Value } from "./settings";

/** The settings of a request. */
export interface Choices {
	format: Format;
	model: string;
	system: string;
	values: Readonly<Record<string, Value>>;
	output: Output;
	schema: Record<string, unknown> | undefined;
	/** The tools, in the format. */
	tools: readonly object[];
}

/** The fields of a request in either format that this page reads. */
export interface Body {
	model: string;
	messages: object[];
	[field: string]: unknown;
}

/** The parameters of a format, with their names in it. */
const names: Record<Format, Readonly<Record<string, string>>> = {
	chat: {
		temperature: "temperature",
		max_tokens: "max_tokens",
		top_p: "top_p",
		frequency_penalty: "frequency_penalty",
		presence_penalty: "presence_penalty",
		repetition_penalty: "repetition_penalty",
		top_k: "top_k",
		seed: "seed",
		stop: "stop",
	},
	messages: {
		temperature: "temperature",
		max_tokens: "max_tokens",
		top_p: "top_p",
		top_k: "top_k",
		stop: "stop_sequences",
	},
};

/** Whether the format has a parameter. */
export function knows(format: Format, parameter: string): boolean {
	return parameter in names[format];
}

/** The request with `messages`, which are in the format already. */
export function requestOf(choices: Choices, messages: readonly object[]): Body {
	const { format, model, output, schema, tools } = choices;
	const system = choices.system.trim();
	const isChat = format === "chat";
	const begin = system && isChat ? [{ role: "system", content: system }] : [];
	const body: Body = { model, messages: [...begin, ...messages] };
	if (system && !isChat) body.system = system;
	for (const [name, own] of Object.entries(names[format])) {
		const value = choices.values[name];
		if (value === undefined || (Array.isArray(value) && value.length === 0)) continue;
		body[own] = value;
	}
	// Required in this format.
	if (!isChat) body.max_tokens ??= 1000;
	if (output === "object" && isChat) body.response_format = { type: "json_object" };
	if (output === "schema" && schema) {
		if (isChat)
			body.response_format = {
				type: "json_schema",
				json_schema: { name: "answer", schema, strict: true },
			};
		else body.output_config = { format: { type: "json_schema", schema } };
	}
	if (tools.length > 0) body.tools = tools;
	body.stream = true;
	if (isChat) body.stream_options = { include_usage: true };
	return body;
}

/** The request with the package's type; its fields match the format by construction. */
export function asChat(body: Body): ChatRequestParam {
	return body as object as ChatRequestParam;
}

export function asMessages(body: Body): MessagesRequestParam {
	return body as object as MessagesRequestParam;
}
