// A call of the AI SDK as a request of chat completions.
//
// Settings that the format does not support are reported as warnings.

import type { LanguageModelV4CallOptions, LanguageModelV4Message, SharedV4Warning } from "@ai-sdk/provider";
import type { ChatRequestParam, MessageParam } from "../generated/types.js";
import { filePart } from "./files.js";

type Part = Exclude<LanguageModelV4Message["content"], string>[number];
type Result = Extract<Part, { type: "tool-result" }>;

/** Converts a call to a request, with warnings about unsupported settings. */
export function toRequest(
	model: string,
	options: LanguageModelV4CallOptions,
): { request: ChatRequestParam; warnings: SharedV4Warning[] } {
	const warnings: SharedV4Warning[] = [];
	const tools = toTools(options, warnings);
	const request = {
		model,
		messages: options.prompt.flatMap((message) => toMessages(message, warnings)),
		max_completion_tokens: options.maxOutputTokens,
		temperature: options.temperature,
		top_p: options.topP,
		top_k: options.topK,
		presence_penalty: options.presencePenalty,
		frequency_penalty: options.frequencyPenalty,
		stop: options.stopSequences,
		seed: options.seed,
		reasoning_effort: options.reasoning === "provider-default" ? undefined : options.reasoning,
		response_format: toFormat(options),
		// Servers refuse a choice without tools.
		...(tools.length > 0 && { tools, tool_choice: toChoice(options) }),
		...options.providerOptions?.trilogue,
	};
	return { request: request as ChatRequestParam, warnings };
}

function toFormat({ responseFormat }: LanguageModelV4CallOptions): unknown {
	if (responseFormat?.type !== "json") return undefined;
	const { schema, name = "answer", description } = responseFormat;
	return schema ? { type: "json_schema", json_schema: { name, description, schema } } : { type: "json_object" };
}

function toTools({ tools = [] }: LanguageModelV4CallOptions, warnings: SharedV4Warning[]): unknown[] {
	return tools.flatMap((tool) => {
		if (tool.type === "function") {
			const { name, description, inputSchema: parameters, strict } = tool;
			return [{ type: "function", function: { name, description, parameters, strict } }];
		}
		warnings.push({ type: "unsupported", feature: `provider tool ${tool.id}` });
		return [];
	});
}

function toChoice({ toolChoice }: LanguageModelV4CallOptions): unknown {
	if (toolChoice?.type !== "tool") return toolChoice?.type;
	return { type: "function", function: { name: toolChoice.toolName } };
}

function toMessages(message: LanguageModelV4Message, warnings: SharedV4Warning[]): MessageParam[] {
	const { role, content } = message;
	switch (role) {
		case "system":
			return [{ role, content }];
		case "user": {
			const parts = content.map((part) => (part.type === "text" ? textPart(part) : filePart(part, warnings)));
			return [{ role, content: parts } as MessageParam];
		}
		case "tool": {
			const results = content.filter((part) => part.type === "tool-result");
			if (results.length < content.length) warnings.push({ type: "unsupported", feature: "tool approvals" });
			return results.map(
				(part) => ({ role, tool_call_id: part.toolCallId, content: resultText(part) }) as MessageParam,
			);
		}
		case "assistant":
			return [assistantMessage(content, warnings)];
	}
}

function textPart({ text }: { text: string }): unknown {
	return { type: "text", text };
}

function assistantMessage(parts: readonly Part[], warnings: SharedV4Warning[]): MessageParam {
	let text = "";
	let reasoning = "";
	const calls: unknown[] = [];
	for (const part of parts) {
		if (part.type === "text") text += part.text;
		else if (part.type === "reasoning") reasoning += part.text;
		else if (part.type === "tool-call") {
			const { toolCallId: id, toolName: name, input } = part;
			calls.push({ id, type: "function", function: { name, arguments: JSON.stringify(input) } });
		} else warnings.push({ type: "unsupported", feature: `${part.type} part of an assistant message` });
	}
	const message = {
		role: "assistant",
		content: text || null,
		...(reasoning && { reasoning }),
		...(calls.length > 0 && { tool_calls: calls }),
	};
	return message as MessageParam;
}

function resultText({ output }: Result): string {
	if (output.type === "text" || output.type === "error-text") return output.value;
	if (output.type === "execution-denied") return output.reason ?? "The user did not allow this tool call.";
	return JSON.stringify(output.value);
}
