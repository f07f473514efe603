// `client.chat.completions`, `client.messages` and `client.models`.
//
// Law: names what may be given; the core does the rest. Fields that it does not know go on as they are.

import { APIPromise, type Sender, type WithResponse, withHead } from "./calls.js";
import type {
	ChatCompletion,
	ChatCompletionChunk,
	ChatRequestParam,
	CountTokensRequestParam,
	Message,
	MessageEvent,
	MessagesRequestParam,
	ModelInfo,
	ModelPage,
	TokenCount,
} from "./generated/types.js";
import { ModelList } from "./model-list.js";
import type { RequestOptions } from "./options.js";
import { ChatCompletionStream, MessageStream, Stream } from "./stream.js";

/** A request for a whole answer. */
export type ChatRequestWhole = ChatRequestParam & { stream?: false | null };
/** A request for a stream. */
export type ChatRequestStreamed = ChatRequestParam & { stream: true };
/** A request for a whole answer. */
export type MessagesRequestWhole = MessagesRequestParam & { stream?: false | null };
/** A request for a stream. */
export type MessagesRequestStreamed = MessagesRequestParam & { stream: true };

type ChatChunks = Stream<ChatCompletionChunk, ChatCompletion>;
type MessageEvents = Stream<MessageEvent, Message>;

/** A whole reply, or a stream of items. */
function create<Item, Final>(
	sender: Sender,
	endpoint: string,
	body: object & { stream?: boolean | null },
	options: RequestOptions | undefined,
): APIPromise<Final | Stream<Item, Final>> {
	const open = async (): Promise<WithResponse<Stream<Item, Final>>> => {
		const stream = new Stream<Item, Final>(await sender.stream(endpoint, body, options), options?.signal);
		return withHead(stream, stream.head);
	};
	return new APIPromise<Final | Stream<Item, Final>>(
		body.stream ? open() : sender.call<Final>(endpoint, body, options),
	);
}

class Resource {
	protected readonly sender: Sender;

	constructor(sender: Sender) {
		this.sender = sender;
	}
}

/** Chat completions. */
export class Completions extends Resource {
	/** Asks for an answer: whole, or with `stream: true` as a stream of chunks. Rejects with an `APIError`. */
	create(body: ChatRequestStreamed, options?: RequestOptions): APIPromise<ChatChunks>;
	create(body: ChatRequestWhole, options?: RequestOptions): APIPromise<ChatCompletion>;
	create(
		body: ChatRequestWhole | ChatRequestStreamed,
		options?: RequestOptions,
	): APIPromise<ChatCompletion | ChatChunks>;
	create(
		body: ChatRequestWhole | ChatRequestStreamed,
		options?: RequestOptions,
	): APIPromise<ChatCompletion | ChatChunks> {
		return create(this.sender, "chat", body, options);
	}

	/** Asks for an answer as a stream of events. Returns at once. */
	stream(body: ChatRequestParam, options?: RequestOptions): ChatCompletionStream {
		return new ChatCompletionStream(this.sender.stream("chat", body, options), options?.signal);
	}
}

/** Chat endpoints. */
export class Chat extends Resource {
	/** Chat completions. */
	readonly completions: Completions = new Completions(this.sender);
}

/** Messages, in Anthropic's format. */
export class Messages extends Resource {
	/** Asks for an answer: whole, or with `stream: true` as a stream of events. Rejects with an `APIError`. */
	create(body: MessagesRequestStreamed, options?: RequestOptions): APIPromise<MessageEvents>;
	create(body: MessagesRequestWhole, options?: RequestOptions): APIPromise<Message>;
	create(
		body: MessagesRequestWhole | MessagesRequestStreamed,
		options?: RequestOptions,
	): APIPromise<Message | MessageEvents>;
	create(
		body: MessagesRequestWhole | MessagesRequestStreamed,
		options?: RequestOptions,
	): APIPromise<Message | MessageEvents> {
		return create(this.sender, "messages", body, options);
	}

	/** Asks for an answer as a stream of events. Returns at once. */
	stream(body: MessagesRequestParam, options?: RequestOptions): MessageStream {
		return new MessageStream(this.sender.stream("messages", body, options), options?.signal);
	}

	/** Asks how many tokens a prompt has. */
	countTokens(body: CountTokensRequestParam, options?: RequestOptions): APIPromise<TokenCount> {
		return new APIPromise(this.sender.call<TokenCount>("count_tokens", body, options));
	}
}

/** Models that the endpoint offers. */
export class Models extends Resource {
	/** The first page; iterate over it with `for await` for all models. */
	list(query: Record<string, string | number> = {}, options?: RequestOptions): APIPromise<ModelList> {
		const page = async (): Promise<WithResponse<ModelList>> => {
			const { data, ...response } = await this.sender.call<ModelPage>("models", query, options);
			const next = (after_id: string) => this.list({ ...query, after_id }, options);
			return { data: new ModelList(data, next), ...response };
		};
		return new APIPromise(page());
	}

	/** One model. */
	retrieve(model: string, options?: RequestOptions): APIPromise<ModelInfo> {
		return new APIPromise(this.sender.call<ModelInfo>(`models/${model}`, {}, options));
	}
}
