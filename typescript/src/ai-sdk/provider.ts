// `trilogue/ai-sdk`: a client as a provider of the Vercel AI SDK, by version 4 of its specification (`ai` 7).
//
// Has no dependency on the AI SDK, whose specification consists of types, nor on an entry point of this package: the caller passes the client.

import type { LanguageModelV4 } from "@ai-sdk/provider";
import type { Client } from "../client.js";
import { TrilogueModel } from "./model.js";

/** A provider of the AI SDK. Calling it returns a language model. */
export interface TrilogueProvider {
	(modelId: string): LanguageModelV4;
	readonly specificationVersion: "v4";
	/** Returns the language model with this id. */
	languageModel(modelId: string): LanguageModelV4;
	/** Throws: this package has no embedding models. */
	embeddingModel(modelId: string): never;
	/** Throws: this package has no image models. */
	imageModel(modelId: string): never;
}

/**
 * Creates a provider that sends the requests of the AI SDK with `client`, as chat completions. The client retries failed requests, and the
 * AI SDK retries none of them. Fields of requests that the AI SDK does not have are passed as `providerOptions: { trilogue: { … } }`.
 */
export function createTrilogue(client: Client): TrilogueProvider {
	const languageModel = (modelId: string) => new TrilogueModel(client, modelId);
	return Object.assign((modelId: string) => languageModel(modelId), {
		specificationVersion: "v4" as const,
		languageModel,
		embeddingModel: (modelId: string) => unsupported(modelId, "an embedding model"),
		imageModel: (modelId: string) => unsupported(modelId, "an image model"),
	});
}

function unsupported(modelId: string, kind: string): never {
	throw new Error(`trilogue/ai-sdk has only language models, so ${JSON.stringify(modelId)} cannot be ${kind}`);
}
