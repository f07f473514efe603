// The parts of a stream of the AI SDK, from the events of a stream of this package.
//
// The AI SDK expects an event at the start and at the end of each part, and one id for all events of a part.

import type { LanguageModelV4StreamPart } from "@ai-sdk/provider";
import type { NormalEvent } from "../generated/types.js";
import { callId } from "./reply.js";

/** Converts events to parts. */
export class Parts {
	/** The kind of the open part. */
	#kind: "text" | "reasoning" | undefined;
	/** The number of texts and reasonings so far, which is the id of the last one. */
	#count = 0;
	/** The ids of the tool calls, by their index. */
	readonly #calls = new Map<number, string>();

	/** Converts an event. */
	*convert(event: NormalEvent): Generator<LanguageModelV4StreamPart> {
		// The AI SDK has only one choice.
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
				yield { type: "tool-input-start", id: this.#begin(event.index, event.id), toolName: event.name };
				break;
			case "tool_call_arguments":
				yield { type: "tool-input-delta", id: this.#idOf(event.index), delta: event.delta };
				break;
			case "tool_call_done": {
				const id = this.#idOf(event.index);
				yield { type: "tool-input-end", id };
				yield { type: "tool-call", toolCallId: id, toolName: event.name, input: event.arguments };
				break;
			}
		}
	}

	/** Ends the open text or reasoning. */
	*close(): Generator<LanguageModelV4StreamPart> {
		if (this.#kind) yield { type: `${this.#kind}-end`, id: `${this.#count}` };
		this.#kind = undefined;
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

	#begin(index: number, given: string): string {
		const id = callId(given, index);
		this.#calls.set(index, id);
		return id;
	}

	#idOf(index: number): string {
		return this.#calls.get(index) ?? this.#begin(index, "");
	}
}
