// The parts of a chat completion as the AI SDK names them.

import type {
	JSONObject,
	LanguageModelV4Content,
	LanguageModelV4FinishReason,
	LanguageModelV4ResponseMetadata,
	LanguageModelV4Source,
	LanguageModelV4Usage,
	SharedV4ProviderMetadata,
} from "@ai-sdk/provider";
import type { ChatCompletion } from "../generated/types.js";

/** The content of the first choice. */
export function contentOf(completion: ChatCompletion): LanguageModelV4Content[] {
	const message = completion.choices[0]?.message;
	const content: LanguageModelV4Content[] = [];
	if (message?.reasoning) content.push({ type: "reasoning", text: message.reasoning });
	const text = message?.content || message?.refusal;
	if (text) content.push({ type: "text", text });
	for (const [index, call] of (message?.tool_calls ?? []).entries()) {
		const { name = "", arguments: input = "" } = call.function ?? {};
		content.push({ type: "tool-call", toolCallId: callId(call.id, index), toolName: name, input });
	}
	content.push(...sourcesOf(completion));
	return content;
}

/** The id of a tool call, or a new one: some providers send the id late or never. */
export function callId(given: string | null | undefined, index: number): string {
	return given || `call_${index}_${crypto.randomUUID()}`;
}

/** The web pages that the first choice cites. */
export function sourcesOf({ choices }: ChatCompletion): LanguageModelV4Source[] {
	const { annotations } = (choices[0]?.message ?? {}) as { annotations?: unknown };
	if (!Array.isArray(annotations)) return [];
	return annotations.flatMap(({ type, url_citation: cited }, index): LanguageModelV4Source[] => {
		if (type !== "url_citation" || typeof cited?.url !== "string") return [];
		const title = typeof cited.title === "string" ? { title: cited.title } : {};
		return [{ type: "source", sourceType: "url", id: `source_${index}`, url: cited.url, ...title }];
	});
}

/** The id, the model and the time of a reply. */
export function metadataOf({ id, model, created }: ChatCompletion): LanguageModelV4ResponseMetadata {
	return { id, modelId: model, ...(created && { timestamp: new Date(created * 1000) }) };
}

/** The cost of a reply in dollars, if it is known, as metadata of this provider. */
export function costOf(completion: ChatCompletion | null): { providerMetadata?: SharedV4ProviderMetadata } {
	const { cost } = completion ?? {};
	return cost ? { providerMetadata: { trilogue: { cost: cost as unknown as JSONObject } } } : {};
}

/** The numbers of tokens. */
export function usageOf(completion: ChatCompletion | null): LanguageModelV4Usage {
	const { usage } = completion ?? {};
	const [input, output] = [usage?.prompt_tokens ?? undefined, usage?.completion_tokens ?? undefined];
	const cacheRead = usage?.prompt_tokens_details?.cached_tokens ?? undefined;
	const reasoning = usage?.completion_tokens_details?.reasoning_tokens ?? undefined;
	const less = (total: number | undefined, part = 0) => (total === undefined ? undefined : total - part);
	return {
		inputTokens: { total: input, noCache: less(input, cacheRead), cacheRead, cacheWrite: undefined },
		outputTokens: { total: output, text: less(output, reasoning), reasoning },
		...(usage && { raw: usage as unknown as JSONObject }),
	};
}

const reasons: Record<string, LanguageModelV4FinishReason["unified"]> = {
	stop: "stop",
	length: "length",
	content_filter: "content-filter",
	tool_calls: "tool-calls",
	function_call: "tool-calls",
};

/** The reason why a reply has ended. */
export function finishReasonOf(raw: string | null | undefined): LanguageModelV4FinishReason {
	return { unified: reasons[raw ?? ""] ?? "other", raw: raw ?? undefined };
}
