// Answers on their way, in a conversation.
//
// Law: asks through a client; whatever ends an answer early, what came of it is handed on.

import type { Client } from "../client.js";
import { APIError } from "../generated/errors.js";
import type { NormalEvent } from "../generated/types.js";
import type { RequestOptions } from "../requests/options.js";
import type {
	ChatRequestStreamed,
	ChatRequestWhole,
	MessagesRequestStreamed,
	MessagesRequestWhole,
} from "../resources/bodies.js";
import { type Reply, Run } from "../tools/run.js";

/** The format that requests are made in: OpenAI's chat completions, or Anthropic's messages. */
export type Format = "chat" | "messages";

/**
 * An answer on its way: iterate over it for its events, or await `final()`. Events are those of `.events`, and `tool.start` and `tool.done`
 * around each call; leaving the loop stops the answer.
 */
export class ConversationRun extends Run<NormalEvent, Reply> {
	/** Stops the answer, if it is still on its way. What came of it stays in the conversation, as a partial turn. */
	stop(): Promise<void> {
		return this.leave();
	}
}

/** Asks once: as a stream where `keep` is given, which takes what came of an answer that is cut, and why. */
export async function* ask(
	{ chat, messages }: Client,
	format: Format,
	request: object,
	options: RequestOptions,
	keep?: (reply: unknown, why: string) => void,
): AsyncGenerator<NormalEvent, Reply, undefined> {
	if (!keep) {
		return format === "chat"
			? chat.completions.create(request as ChatRequestWhole, options)
			: messages.create(request as MessagesRequestWhole, options);
	}
	const streamed = { ...request, stream: true };
	const stream =
		format === "chat"
			? await chat.completions.create(streamed as ChatRequestStreamed, options)
			: await messages.create(streamed as MessagesRequestStreamed, options);
	let isWhole = false;
	let why = "stopped";
	let partial: unknown;
	try {
		yield* stream.events as AsyncIterable<NormalEvent>;
		isWhole = true;
	} catch (error) {
		if (error instanceof APIError) {
			partial = error.partial;
			if (error.name !== "APIUserAbortError") why = error.name;
		}
		throw error;
	} finally {
		if (!isWhole) keep(partial ?? (await stream.snapshot()), why);
	}
	return (await stream.snapshot()) as Reply;
}
