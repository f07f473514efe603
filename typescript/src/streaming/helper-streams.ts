// The streams of `.stream()` for each format, with the methods of the official clients.

import type { NativeStream } from "../binding/binding.js";
import type { ChatCompletion, ChatStreamEvent, Message, MessageStreamEvent } from "../generated/types.js";
import type { Plan } from "../structured/plan.js";
import type { DeepPartial } from "../structured/types.js";
import type { Source } from "./batches.js";
import { type ChatEvent, toChatEvent } from "./chat-event.js";
import type { Expander } from "./expander.js";
import type { ChatListeners, Finals, MessageListeners } from "./listener-types.js";
import { addFinals } from "./listening.js";
import { LiveStream } from "./live-stream.js";

/** The arguments of a stream. */
export type HelperSource = [
	native: Promise<NativeStream>,
	signal?: AbortSignal | undefined,
	plan?: Plan | undefined,
	source?: Source,
	sent?: readonly unknown[] | undefined,
];

// Merged with the class: `addFinals` adds these methods.
// biome-ignore lint/correctness/noUnusedVariables: the parameters of the class
export interface ChatCompletionStream<Final extends ChatCompletion = ChatCompletion, Input = unknown> extends Finals {}

/** A chat completion as a stream of events. */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the methods of the interface are added below
export class ChatCompletionStream<Final extends ChatCompletion = ChatCompletion, Input = unknown> extends LiveStream<
	ChatStreamEvent<DeepPartial<Input>> & ChatEvent,
	Final,
	Input,
	ChatListeners<Final>
> {
	static override readonly name: string = "ChatCompletionStream";

	constructor(...source: HelperSource) {
		super("chat", ...source);
	}

	protected override prepare(item: ChatStreamEvent<DeepPartial<Input>> & ChatEvent, expander: Expander): void {
		super.prepare(item, expander);
		toChatEvent(item);
	}

	protected override forwarded(event: ChatStreamEvent<DeepPartial<Input>>): unknown {
		return event.type === "chunk" ? event.chunk : undefined;
	}

	/** The messages of the request, and the message of the reply once it is complete. */
	get messages(): unknown[] {
		const message = this.settled?.choices[0]?.message;
		return message ? [...this.sent, message] : [...this.sent];
	}

	/** The completion so far, for streams with listeners: one object that grows. */
	get currentChatCompletionSnapshot(): ChatCompletion | undefined {
		return this.growing as ChatCompletion | undefined;
	}

	/** Reads the stream to its end and returns the completion. */
	finalChatCompletion(): Promise<Final> {
		return this.final();
	}

	/** Reads the stream to its end and returns the text of the first choice. */
	async finalContent(): Promise<string | null> {
		return (await this.final()).choices[0]?.message.content ?? null;
	}

	/** Reads the stream to its end and returns the message of the first choice. */
	async finalMessage(): Promise<Final["choices"][number]["message"]> {
		const final = await this.final();
		return (await import("./relay.js")).finalMessage(final) as Final["choices"][number]["message"];
	}

	/** Returns the completion in an array; the array is empty before the completion is complete. */
	allChatCompletions(): Final[] {
		return this.settled ? [this.settled] : [];
	}
}

addFinals(ChatCompletionStream.prototype);

/** A message as a stream of events. */
export class MessageStream<Final extends Message = Message, Input = unknown> extends LiveStream<
	MessageStreamEvent<DeepPartial<Input>>,
	Final,
	Input,
	MessageListeners<Final>
> {
	static override readonly name: string = "MessageStream";

	constructor(...source: HelperSource) {
		super("messages", ...source);
	}

	protected override forwarded(event: MessageStreamEvent<DeepPartial<Input>>): unknown {
		return /^(message|content_block)_/.test(event.type) ? event : undefined;
	}

	/** The messages of the request, and the final message once it is complete. */
	get messages(): unknown[] {
		return [...this.sent, ...this.receivedMessages];
	}

	/** The final message in an array, once it is complete. */
	get receivedMessages(): Final[] {
		return this.settled ? [this.settled] : [];
	}

	/** The message so far, for streams with listeners: one object that grows. */
	get currentMessage(): Message | undefined {
		return this.growing as Message | undefined;
	}

	/** Reads the stream to its end and returns the message. */
	finalMessage(): Promise<Final> {
		return this.final();
	}

	/** Reads the stream to its end and returns the joined texts of its text blocks. */
	async finalText(): Promise<string> {
		return (await this.final()).content.map((block) => block.text ?? "").join("");
	}
}
