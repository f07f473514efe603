// Calls the hooks of a client: functions of the program that see its requests, its responses, and the items of its streams.
//
// A hook runs in the call that it belongs to, before the step that it precedes. An exception of it ends that call only: nothing is sent, or the
// stream is closed. `streaming/batches.ts` calls the hook for items.

import type { NativeStream } from "../binding/binding.js";
import { cancelledError, createError } from "../binding/errors.js";
import { KEY_HEADERS } from "../generated/constants.js";
import { APIError } from "../generated/errors.js";
import type {
	ChatCompletionChunk,
	ChatStreamEvent,
	MessageEvent,
	MessageStreamEvent,
	NormalEvent,
} from "../generated/types.js";
import { onAbort } from "./abort.js";
import { type Head, type WithResponse, withHead } from "./api-promise.js";
import type { Cancellation } from "./cancellation.js";
import { toJSON } from "./json.js";
import { kindOf } from "./kind.js";
import type { SentOptions } from "./options.js";

/** Fields of JSON. */
// biome-ignore lint/suspicious/noExplicitAny: hooks read and change bodies of any endpoint
type Fields = Record<string, any>;

/** A chunk or an event of a stream: those of `create`, of `.events`, or of `.stream()`. */
export type HookItem = ChatCompletionChunk | MessageEvent | NormalEvent | ChatStreamEvent | MessageStreamEvent;

/** What `onRequest` may return: a body that replaces the request's, the request itself, or nothing. */
// biome-ignore lint/suspicious/noConfusingVoidType: functions without a result
type Replacement = HookRequest | Record<string, unknown> | undefined | void;

/** The functions of a client that see its requests, its responses, and the items of its streams. They may be asynchronous. */
export interface Hooks {
	/**
	 * Called with each request once, before it waits for rate limits. It may change the body and the headers, or return another body; the changed
	 * request is checked like any other. An exception of a hook ends its call only, and the call rejects with it.
	 */
	onRequest?: ((request: HookRequest) => Replacement | Promise<Replacement>) | undefined;
	/**
	 * Called with the status and the headers of each response: when a stream has begun, when a whole reply has arrived, and when a call has failed
	 * with a status.
	 */
	onResponse?: ((response: HookResponse) => unknown) | undefined;
	/** Called with each chunk or event of each stream, just before the program gets it. It observes: a change of the object contradicts the reply. */
	onEvent?: ((item: HookItem) => unknown) | undefined;
}

/** A request before it is sent. Its fields are copies: a change reaches the request, and nothing of the program's. */
export class HookRequest {
	static readonly name: string = "HookRequest";

	/** `chat`, `messages`, `count_tokens`, `models` or `models/ID`. */
	readonly endpoint: string;
	/** Whether the reply is streamed. */
	readonly stream: boolean;
	/** The body as it will be sent. For models, the query. */
	body: Fields;
	/** The fields of `extraBody`, which are sent without a check. */
	extraBody: Fields;
	/** The headers of this request besides the client's. The key is not among them. Null removes a header of the client. */
	headers: Record<string, string | null>;
	/** The function for the items of this stream; at first the client's `onEvent`. */
	onEvent: Hooks["onEvent"];

	/** Not part of the package's interface. */
	constructor(endpoint: string, stream: boolean, onEvent: Hooks["onEvent"]) {
		this.endpoint = endpoint;
		this.stream = stream;
		this.body = {};
		this.extraBody = {};
		this.headers = {};
		this.onEvent = onEvent;
	}

	/** The model: the field of the body. */
	get model(): string | undefined {
		return this.body.model as string | undefined;
	}

	set model(model: string) {
		this.body.model = model;
	}
}

/** A response: of a successful call, or of one that failed with a status. */
export class HookResponse {
	static readonly name: string = "HookResponse";

	/** The request, as `onRequest` left it. */
	readonly request: HookRequest;
	/** HTTP status. */
	readonly status: number;
	readonly headers: Headers;
	/** The provider's id of the request. */
	readonly requestID: string | null;
	/** The number of retries. */
	readonly retriesTaken: number;
	/** The time since `onRequest`, in milliseconds: waits for rate limits and retries included. */
	readonly elapsed: number;
	/** The error of the call; null if it succeeded. */
	readonly error: APIError | null;

	/** Not part of the package's interface. */
	constructor(request: HookRequest, elapsed: number, response: Answered, error: APIError | null = null) {
		this.request = request;
		this.elapsed = elapsed;
		this.status = response.status;
		this.headers = response.headers;
		this.requestID = response.request_id;
		this.retriesTaken = response.retriesTaken;
		this.error = error;
	}

	/** The endpoint of the request. */
	get endpoint(): string {
		return this.request.endpoint;
	}
}

/** What a response is known by. */
type Answered = Pick<WithResponse<unknown>, "status" | "headers" | "request_id" | "retriesTaken">;

/** What a request that was sent has resulted in. */
interface Sent<T> {
	result: T;
	head: Answered;
	/** The reply, if it is whole. */
	reply?: unknown;
}

/** The head of an open stream. */
export function headOf(stream: NativeStream): Answered {
	return withHead(undefined, JSON.parse(stream.head()) as Head);
}

/** A call with its hooks. */
export class HookedCall {
	readonly #hooks: Hooks;
	readonly #request: HookRequest;
	readonly #signal: AbortSignal | null | undefined;
	/** Ends the wait for a hook. */
	readonly #cancellation: Cancellation;

	constructor(
		hooks: Hooks,
		endpoint: string,
		isStreamed: boolean,
		signal: AbortSignal | null | undefined,
		cancellation: Cancellation,
	) {
		this.#hooks = hooks;
		this.#request = new HookRequest(endpoint, isStreamed, hooks.onEvent);
		this.#signal = signal;
		this.#cancellation = cancellation;
	}

	/** The hook for the items of the stream. */
	get onItem(): NativeStream["onItem"] {
		return this.#request.onEvent as NativeStream["onItem"];
	}

	/** Calls the hooks around `send`, which sends a request with this body and these options. */
	async run<T>(
		body: object,
		options: SentOptions,
		send: (body: object, options: SentOptions) => Promise<Sent<T>>,
	): Promise<T> {
		const withdraw = onAbort(this.#signal, () => this.#cancellation.cancel());
		try {
			const { onRequest, onResponse } = this.#hooks;
			const [changed, changes] = onRequest || onResponse ? await this.#prepare(body, options) : [body, options];
			const started = performance.now();
			const { result, head, reply } = await send(changed, changes).catch(async (error: unknown) => {
				if (error instanceof APIError && error.status !== null) await this.#respond(started, answered(error), error);
				throw error;
			});
			await this.#respond(started, head).catch((error: unknown) => {
				// Cancelled after the reply had arrived: the error carries it, since the caller has paid for it.
				throw this.#cancellation.isCancelled ? cancelledError(reply) : error;
			});
			return result;
		} finally {
			withdraw();
		}
	}

	/** Calls `onRequest`. Returns the body and the options that are sent. */
	async #prepare(body: object, options: SentOptions): Promise<[object, SentOptions]> {
		const request = this.#request;
		request.body = JSON.parse(toJSON(body)) as Fields;
		if (request.stream) request.body.stream = true;
		request.extraBody = JSON.parse(toJSON({ ...options.extraBody })) as Fields;
		const headers = Object.entries(options.headers ?? {});
		const isKey = ([name]: [string, unknown]) => KEY_HEADERS.includes(name.toLowerCase());
		request.headers = Object.fromEntries(headers.filter((header) => !isKey(header))) as HookRequest["headers"];
		const { onRequest } = this.#hooks;
		if (onRequest) {
			const replacement = await this.#wait(() => onRequest(request));
			if (replacement !== undefined && replacement !== null && replacement !== request) {
				checkObject("onRequest must return a body as an object, or nothing", replacement);
				request.body = replacement as Fields;
			}
		}
		for (const name of ["body", "extraBody", "headers"] as const) {
			checkObject(`${name} of a request must be an object`, request[name]);
		}
		if ((request.body.stream ?? request.stream) !== request.stream) {
			throw createError("InvalidRequestError", "onRequest can't change stream, which the call has chosen");
		}
		// The headers of the program come last, and replace the key's.
		const added = {
			headers: { ...Object.fromEntries(headers.filter(isKey)), ...request.headers },
			extraBody: request.extraBody,
		};
		return [request.body, { ...options, ...added } as SentOptions];
	}

	/** Calls `onResponse`. */
	async #respond(started: number, head: Answered, error?: APIError): Promise<void> {
		const { onResponse } = this.#hooks;
		if (!onResponse) return;
		const response = new HookResponse(this.#request, performance.now() - started, head, error);
		await this.#wait(() => onResponse(response));
	}

	/** Waits for a hook, or until the call is cancelled. */
	async #wait<T>(hook: () => T | Promise<T>): Promise<T> {
		const cancellation = this.#cancellation;
		cancellation.check();
		try {
			return await cancellation.race((async () => hook())());
		} finally {
			cancellation.action = undefined;
		}
	}
}

/** What the response of a failed call is known by. */
function answered(error: APIError): Answered {
	return {
		status: error.status as number,
		headers: error.headers ?? new Headers(),
		request_id: error.requestID,
		retriesTaken: error.retriesTaken,
	};
}

function checkObject(rule: string, value: unknown): void {
	if (typeof value === "object" && value !== null && !Array.isArray(value)) return;
	throw new TypeError(`${rule}, not ${kindOf(value)}`);
}
