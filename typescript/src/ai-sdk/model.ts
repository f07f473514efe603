// A model of the AI SDK: its calls are chat completions of a client.

import type {
	LanguageModelV4,
	LanguageModelV4CallOptions,
	LanguageModelV4GenerateResult,
	LanguageModelV4StreamPart,
	LanguageModelV4StreamResult,
} from "@ai-sdk/provider";
import type { Client } from "../client.js";
import type { APIError } from "../generated/errors.js";
import { Parts } from "./parts.js";
import { contentOf, costOf, finishReasonOf, metadataOf, sourcesOf, usageOf } from "./reply.js";
import { toRequest } from "./request.js";

/** A language model of an endpoint. */
export class TrilogueModel implements LanguageModelV4 {
	static readonly name: string = "TrilogueModel";

	readonly specificationVersion = "v4";
	readonly provider = "trilogue";
	/** The server downloads images by itself. */
	readonly supportedUrls: Record<string, RegExp[]> = { "image/*": [/^https?:\/\//] };
	readonly modelId: string;
	readonly #client: Client;

	constructor(client: Client, modelId: string) {
		this.modelId = modelId;
		this.#client = client;
	}

	/** Requests a whole reply. */
	async doGenerate(options: LanguageModelV4CallOptions): Promise<LanguageModelV4GenerateResult> {
		const { request, warnings } = toRequest(this.modelId, options);
		const call = this.#client.chat.completions.create({ ...request, stream: false }, toRequestOptions(options));
		const { data, headers } = await call.withResponse().catch((error) => {
			throw errorOf(error, options.abortSignal);
		});
		return {
			content: contentOf(data),
			finishReason: finishReasonOf(data.choices[0]?.finish_reason),
			usage: usageOf(data),
			...costOf(data),
			request: { body: request },
			response: { ...metadataOf(data), headers: Object.fromEntries(headers), body: data },
			warnings,
		};
	}

	/** Opens a stream. An error after its start is a part of the stream. */
	async doStream(options: LanguageModelV4CallOptions): Promise<LanguageModelV4StreamResult> {
		const { request, warnings } = toRequest(this.modelId, options);
		const body = { ...request, stream: true as const, stream_options: { include_usage: true } };
		const stream = await this.#client.chat.completions.create(body, toRequestOptions(options)).catch((error) => {
			throw errorOf(error, options.abortSignal);
		});
		if (options.includeRawChunks) warnings.push({ type: "unsupported", feature: "includeRawChunks" });
		const generate = async function* (): AsyncGenerator<LanguageModelV4StreamPart> {
			yield { type: "stream-start", warnings };
			const parts = new Parts();
			let reason: string | undefined;
			let hasFailed = false;
			try {
				for await (const event of stream.events) {
					if (event.type === "finish") reason = event.reason;
					else yield* parts.convert(event);
				}
				yield* parts.close();
			} catch (error) {
				hasFailed = true;
				yield* parts.close();
				yield { type: "error", error: errorOf(error, options.abortSignal) };
			}
			const whole = await stream.snapshot();
			if (whole) {
				yield* sourcesOf(whole);
				yield { type: "response-metadata", ...metadataOf(whole) };
			}
			const finishReason = hasFailed ? { unified: "error" as const, raw: reason } : finishReasonOf(reason);
			yield { type: "finish", finishReason, usage: usageOf(whole), ...costOf(whole) };
		};
		const headers = Object.fromEntries(stream.headers);
		return { stream: toReadable(generate()), request: { body: request }, response: { headers } };
	}
}

function toRequestOptions({ abortSignal: signal, headers = {} }: LanguageModelV4CallOptions) {
	const given = Object.entries(headers).filter((pair): pair is [string, string] => pair[1] !== undefined);
	return { signal, headers: Object.fromEntries(given) };
}

/** The error of a call as the AI SDK expects it: for a cancelled call, the reason of its signal. */
function errorOf(error: unknown, signal: AbortSignal | undefined): unknown {
	return signal?.aborted && (error as APIError).name === "APIUserAbortError" ? signal.reason : error;
}

function toReadable<T>(parts: AsyncGenerator<T>): ReadableStream<T> {
	return new ReadableStream({
		pull: async (controller) => {
			const { value, done } = await parts.next();
			if (done) controller.close();
			else controller.enqueue(value);
		},
		cancel: async () => void (await parts.return(undefined)),
	});
}
