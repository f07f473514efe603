// The types of the package's API: a program that only has to compile, with no other package installed.
//
// Each `same` fails to compile if a value has another type.

import Default, {
	APIError,
	type APIPromise,
	type ChatCompletion,
	type ChatCompletionChunk,
	type ChatStreamEvent,
	Client,
	InsufficientQuotaError,
	type Message,
	type MessageEvent,
	type MessageStreamEvent,
	type ModelInfo,
	NotFoundError,
	RateLimitError,
	Stream,
	type WithResponse,
} from "trilogue";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
/** Compiles if the type of the value is exactly `Expected`. */
function same<Expected>() {
	return <Actual>(_value: Actual, ..._wrong: Same<Actual, Expected> extends true ? [] : [never]) => undefined;
}

const client = new Client({ baseURL: "http://127.0.0.1:1", apiKey: async () => "key", timeout: 1000 });
same<typeof Client>()(Default);
const ask = { model: "m", messages: [{ role: "user", content: "Hi" }] };
const message = { ...ask, max_tokens: 100 };

export async function created(stream: boolean) {
	const { completions } = client.chat;
	same<APIPromise<ChatCompletion>>()(completions.create(ask));
	same<ChatCompletion>()(await completions.create({ ...ask, stream: false }));
	same<Stream<ChatCompletionChunk, ChatCompletion>>()(await completions.create({ ...ask, stream: true }));
	same<ChatCompletion | Stream<ChatCompletionChunk, ChatCompletion>>()(await completions.create({ ...ask, stream }));
	same<Message>()(await client.messages.create(message));
	same<Stream<MessageEvent, Message>>()(await client.messages.create({ ...message, stream: true }));
	same<Message | Stream<MessageEvent, Message>>()(await client.messages.create({ ...message, stream }));
	same<WithResponse<ChatCompletion>>()(await completions.create(ask).withResponse());
	same<Response>()(await completions.create(ask).asResponse());
	for await (const model of await client.models.list()) same<ModelInfo>()(model);
	for await (const model of client.models.list()) same<ModelInfo>()(model);
	same<ModelInfo>()(await client.models.retrieve("m"));
	// @ts-expect-error there is no such option
	new Client({ baseUrl: "http://127.0.0.1:1" });
	// @ts-expect-error a request names its model
	completions.create({ messages: [] });
	// @ts-expect-error a timeout is a number
	completions.create(ask, { timeout: "1s" });
}

export async function streamed() {
	const stream = await client.chat.completions.create({ ...ask, stream: true });
	same<AbortController>()(stream.controller);
	const [left, right] = stream.tee();
	for await (const chunk of left) same<string | null | undefined>()(chunk.choices[0]?.delta.content);
	for await (const chunk of right) same<ChatCompletionChunk>()(chunk);
	const body: ReadableStream<Uint8Array> = stream.toReadableStream();
	for await (const chunk of Stream.fromReadableStream<ChatCompletionChunk>(body)) same<ChatCompletionChunk>()(chunk);
}

export function describe(event: ChatStreamEvent): string {
	switch (event.type) {
		case "chunk":
			return event.chunk.id;
		case "content.delta":
		case "refusal.delta":
			return event.delta;
		case "content.done":
			return event.content;
		case "refusal.done":
			return event.refusal;
		case "tool_calls.function.arguments.delta":
			return event.arguments_delta;
		case "tool_calls.function.arguments.done":
			return event.arguments;
		default:
			return unreachable(event);
	}
}

export function describeMessageEvent(event: MessageStreamEvent): string {
	if (event.type === "text") return event.text;
	if (event.type === "input_json") return event.partial_json;
	if (event.type === "message_stop") same<Message>()(event.message);
	// @ts-expect-error not every event has a text
	return event.text;
}

export function narrowed(error: unknown): number | null {
	if (!(error instanceof APIError)) return null;
	// Classes with the same structure must be different types.
	if (error instanceof NotFoundError) return error.status;
	same<APIError>()(error);
	if (error instanceof InsufficientQuotaError) return 1;
	if (error instanceof RateLimitError) return error.retryAfter;
	same<string | null>()(error.requestID);
	same<ChatCompletion | Message | null>()(error.partial);
	same<Headers | null>()(error.headers);
	return error.status;
}

function unreachable(event: never): never {
	throw new Error(event);
}
