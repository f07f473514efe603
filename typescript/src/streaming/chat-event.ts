// The prototype of the events of chat completions, so that a loop can read them like the chunks of the official client.
//
// Most events of a stream are created by these constructors: setting the prototype of a finished object costs a sixth of the time per chunk.

import type { ChatCompletionChunk } from "../generated/types.js";

/** The members of its chunk that every event has. An event without a chunk has no choices. */
export class ChatEvent {
	declare chunk?: ChatCompletionChunk;

	get choices(): ChatCompletionChunk["choices"] {
		return this.chunk?.choices ?? [];
	}

	get id(): string | undefined {
		return this.chunk?.id;
	}

	get model(): string | undefined {
		return this.chunk?.model;
	}

	get usage(): ChatCompletionChunk["usage"] | undefined {
		return this.chunk?.usage;
	}
}

export class ChunkEvent extends ChatEvent {
	declare type: string;
	declare chunk: ChatCompletionChunk;

	constructor(chunk: ChatCompletionChunk) {
		super();
		this.type = "chunk";
		this.chunk = chunk;
	}
}

export class ContentDelta extends ChatEvent {
	declare type: string;
	declare choice: number;
	declare delta: string;

	constructor(choice: number, delta: string) {
		super();
		this.type = "content.delta";
		this.choice = choice;
		this.delta = delta;
	}
}

// Consoles print the events as plain objects.
for (const { prototype } of [ChatEvent, ChunkEvent, ContentDelta]) {
	Object.defineProperty(prototype, "constructor", { value: Object });
}

/** Gives an event that the core has written the prototype. */
export function toChatEvent(event: object): void {
	if (!(event instanceof ChatEvent)) Object.setPrototypeOf(event, ChatEvent.prototype);
}
