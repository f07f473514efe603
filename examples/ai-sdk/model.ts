// A trilogue client as a language model of the Vercel AI SDK: `generateText({ model: languageModel(client, "openai-gpt-oss-120b"), … })`.
//
// Converts the events of `stream.events` to parts of the AI SDK's stream. The client retries, so pass `maxRetries: 0` to the AI SDK.

import type {
	LanguageModelV4,
	LanguageModelV4CallOptions,
	LanguageModelV4Content,
	LanguageModelV4FinishReason,
	LanguageModelV4GenerateResult,
	LanguageModelV4StreamPart,
	LanguageModelV4StreamResult,
	LanguageModelV4Usage,
} from "@ai-sdk/provider";
import type { ChatCompletion, Client, NormalEvent } from "trilogue";
import { requestOf } from "./request.js";

/** Creates a model of the client's endpoint. */
export function languageModel(client: Client, modelId: string): LanguageModelV4 {
	return new TrilogueModel(client, modelId);
}

class TrilogueModel implements LanguageModelV4 {
	readonly specificationVersion = "v4";
	readonly provider = "trilogue";
	readonly supportedUrls = { "image/*": [/^https?:\/\//] };
	readonly modelId: string;
	readonly #client: Client;

	constructor(client: Client, modelId: string) {
		this.modelId = modelId;
		this.#client = client;
	}

	async doGenerate(options: LanguageModelV4CallOptions): Promise<LanguageModelV4GenerateResult> {
		const [request, warnings] = requestOf(this.modelId, options);
		const reply = this.#client.chat.completions.create({ ...request, stream: false }, requestOptions(options));
		const { data, headers } = await reply.withResponse();
		const message = data.choices[0]?.message;
		const content: LanguageModelV4Content[] = [];
		if (message?.reasoning) content.push({ type: "reasoning", text: message.reasoning });
		if (message?.content) content.push({ type: "text", text: message.content });
		for (const call of message?.tool_calls ?? []) {
			const { name = "", arguments: input = "" } = call.function ?? {};
			content.push({ type: "tool-call", toolCallId: call.id ?? "", toolName: name, input });
		}
		return {
			content,
			finishReason: finishReason(data.choices[0]?.finish_reason),
			usage: usageOf(data),
			request: { body: request },
			response: { ...about(data), headers: Object.fromEntries(headers), body: data },
			warnings,
		};
	}

	async doStream(options: LanguageModelV4CallOptions): Promise<LanguageModelV4StreamResult> {
		const [request, warnings] = requestOf(this.modelId, options);
		const body = { ...request, stream: true as const, stream_options: { include_usage: true } };
		const stream = await this.#client.chat.completions.create(body, requestOptions(options));
		const parts = async function* (): AsyncGenerator<LanguageModelV4StreamPart> {
			yield { type: "stream-start", warnings };
			const open = new Open();
			let reason: string | undefined;
			try {
				for await (const event of stream.events) {
					if (event.type === "finish") reason = event.reason;
					else yield* open.convert(event);
				}
				yield* open.close();
				const whole = await stream.snapshot();
				if (whole) yield { type: "response-metadata", ...about(whole) };
				yield { type: "finish", finishReason: finishReason(reason), usage: usageOf(whole) };
			} catch (error) {
				yield* open.close();
				yield { type: "error", error };
			}
		};
		const headers = Object.fromEntries(stream.headers);
		return { stream: streamOf(parts()), request: { body: request }, response: { headers } };
	}
}

/** The current part: the AI SDK expects events at the start and the end of each part. */
class Open {
	#kind: "text" | "reasoning" | undefined;
	#count = 0;
	readonly #calls = new Map<number, string>();

	*convert(event: NormalEvent): Generator<LanguageModelV4StreamPart> {
		// The AI SDK has no further choices.
		if ("choice" in event && event.choice !== 0) return;
		switch (event.type) {
			case "text":
			case "refusal":
				yield* this.#delta("text", event.text);
				break;
			case "reasoning":
				yield* this.#delta("reasoning", event.text);
				break;
			case "tool_call_start":
				yield* this.close();
				this.#calls.set(event.index, event.id);
				yield { type: "tool-input-start", id: event.id, toolName: event.name };
				break;
			case "tool_call_arguments":
				yield { type: "tool-input-delta", id: this.#calls.get(event.index) ?? "", delta: event.delta };
				break;
			case "tool_call_done":
				yield { type: "tool-input-end", id: event.id };
				yield { type: "tool-call", toolCallId: event.id, toolName: event.name, input: event.arguments };
				break;
		}
	}

	*#delta(kind: "text" | "reasoning", delta: string): Generator<LanguageModelV4StreamPart> {
		if (this.#kind !== kind) {
			yield* this.close();
			this.#kind = kind;
			this.#count += 1;
			yield { type: `${kind}-start`, id: `${this.#count}` };
		}
		yield { type: `${kind}-delta`, id: `${this.#count}`, delta };
	}

	*close(): Generator<LanguageModelV4StreamPart> {
		if (this.#kind) yield { type: `${this.#kind}-end`, id: `${this.#count}` };
		this.#kind = undefined;
	}
}

function requestOptions({ abortSignal: signal, headers = {} }: LanguageModelV4CallOptions) {
	const given = Object.entries(headers).filter((pair): pair is [string, string] => pair[1] !== undefined);
	return { signal, headers: Object.fromEntries(given) };
}

function about({ id, model, created }: ChatCompletion) {
	return { id, modelId: model, timestamp: created ? new Date(created * 1000) : undefined };
}

function usageOf(whole: ChatCompletion | null): LanguageModelV4Usage {
	const { usage } = whole ?? {};
	const cacheRead = usage?.prompt_tokens_details?.cached_tokens ?? undefined;
	const reasoning = usage?.completion_tokens_details?.reasoning_tokens ?? undefined;
	const [input, output] = [usage?.prompt_tokens ?? undefined, usage?.completion_tokens ?? undefined];
	const less = (all: number | undefined, part = 0) => (all === undefined ? undefined : all - part);
	return {
		inputTokens: { total: input, noCache: less(input, cacheRead), cacheRead, cacheWrite: undefined },
		outputTokens: { total: output, text: less(output, reasoning), reasoning },
	};
}

const reasons: Record<string, LanguageModelV4FinishReason["unified"]> = {
	stop: "stop",
	length: "length",
	content_filter: "content-filter",
	tool_calls: "tool-calls",
	function_call: "tool-calls",
};

function finishReason(raw: string | null | undefined): LanguageModelV4FinishReason {
	return { unified: reasons[raw ?? ""] ?? "other", raw: raw ?? undefined };
}

function streamOf<T>(parts: AsyncGenerator<T>): ReadableStream<T> {
	return new ReadableStream({
		pull: async (controller) => {
			const { value, done } = await parts.next();
			if (done) controller.close();
			else controller.enqueue(value);
		},
		cancel: async () => void (await parts.return(undefined)),
	});
}
