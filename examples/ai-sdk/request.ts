// A call of the AI SDK as a request of chat completions.
//
// Settings that the format does not support are reported as warnings, and never dropped silently.

import type { LanguageModelV4CallOptions, LanguageModelV4Message, SharedV4Warning } from "@ai-sdk/provider";
import type { ChatRequestParam, MessageParam } from "trilogue";

type Part = Exclude<LanguageModelV4Message["content"], string>[number];
type File = Extract<Part, { type: "file" }>;
type Result = Extract<Part, { type: "tool-result" }>;

/** The request, and warnings about unsupported settings. */
export function requestOf(model: string, options: LanguageModelV4CallOptions): [ChatRequestParam, SharedV4Warning[]] {
	const warnings: SharedV4Warning[] = [];
	const given = {
		max_completion_tokens: options.maxOutputTokens,
		temperature: options.temperature,
		top_p: options.topP,
		top_k: options.topK,
		presence_penalty: options.presencePenalty,
		frequency_penalty: options.frequencyPenalty,
		stop: options.stopSequences,
		seed: options.seed,
		reasoning_effort: options.reasoning === "provider-default" ? undefined : options.reasoning,
		response_format: formatOf(options),
		tools: toolsOf(options, warnings),
		tool_choice: choiceOf(options),
		...options.providerOptions?.trilogue,
	};
	const request = { model, messages: options.prompt.flatMap((message) => messagesOf(message, warnings)), ...given };
	return [request as ChatRequestParam, warnings];
}

function formatOf({ responseFormat }: LanguageModelV4CallOptions): unknown {
	if (responseFormat?.type !== "json") return undefined;
	const { schema, name = "answer", description } = responseFormat;
	return schema ? { type: "json_schema", json_schema: { name, description, schema } } : { type: "json_object" };
}

function toolsOf({ tools }: LanguageModelV4CallOptions, warnings: SharedV4Warning[]): unknown {
	return tools?.flatMap((tool) => {
		if (tool.type === "function") {
			const { name, description, inputSchema: parameters, strict } = tool;
			return [{ type: "function", function: { name, description, parameters, strict } }];
		}
		warnings.push({ type: "unsupported", feature: `the provider's tool ${tool.name}` });
		return [];
	});
}

function choiceOf({ toolChoice }: LanguageModelV4CallOptions): unknown {
	if (toolChoice?.type !== "tool") return toolChoice?.type;
	return { type: "function", function: { name: toolChoice.toolName } };
}

function messagesOf(message: LanguageModelV4Message, warnings: SharedV4Warning[]): MessageParam[] {
	const { role, content } = message;
	if (role === "system") return [{ role, content }];
	if (role === "user") return [{ role, content: content.map((part) => userPart(part, warnings)) }] as MessageParam[];
	if (role === "tool") {
		const results = content.filter((part): part is Result => part.type === "tool-result");
		if (results.length < content.length) warnings.push({ type: "unsupported", feature: "approvals of tools" });
		return results.map((part) => ({ role, tool_call_id: part.toolCallId, content: resultText(part) })) as MessageParam[];
	}
	let text = "";
	let reasoning = "";
	const tool_calls: unknown[] = [];
	for (const part of content) {
		if (part.type === "text") text += part.text;
		else if (part.type === "reasoning") reasoning += part.text;
		else if (part.type === "tool-call") {
			const called = { name: part.toolName, arguments: JSON.stringify(part.input) };
			tool_calls.push({ id: part.toolCallId, type: "function", function: called });
		} else warnings.push({ type: "unsupported", feature: `a part ${part.type} of an answer` });
	}
	const said = { role, content: text || null, ...(reasoning && { reasoning }), ...(tool_calls.length > 0 && { tool_calls }) };
	return [said as MessageParam];
}

function userPart(part: Part, warnings: SharedV4Warning[]): unknown {
	if (part.type === "text") return { type: "text", text: part.text };
	const file = part as File;
	if (file.mediaType.startsWith("image/") && file.data.type === "url") {
		return { type: "image_url", image_url: { url: file.data.url.href } };
	}
	if (file.mediaType.startsWith("image/") && file.data.type === "data") {
		const { data } = file.data;
		const base64 = typeof data === "string" ? data : Buffer.from(data).toString("base64");
		const type = file.mediaType === "image/*" ? "image/png" : file.mediaType;
		return { type: "image_url", image_url: { url: `data:${type};base64,${base64}` } };
	}
	warnings.push({ type: "unsupported", feature: `a file of type ${file.mediaType}` });
	return { type: "text", text: `(a file of type ${file.mediaType} was left out)` };
}

function resultText({ output }: Result): string {
	if (output.type === "text" || output.type === "error-text") return output.value;
	if (output.type === "execution-denied") return output.reason ?? "The user did not allow this call.";
	return JSON.stringify(output.value);
}
