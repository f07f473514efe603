// A `fetch` that sends the requests of a client, in place of the host's.

/** The second argument of `fetch`. */
export interface FetchInit {
	method: string;
	headers: Record<string, string>;
	/** JSON text; null if the request has no body. */
	body: string | null;
	/** A redirect could hand the key to another origin, so it is an error and must not be followed. */
	redirect: "manual";
	signal: AbortSignal;
}

/** The members of a response that a client reads. */
export interface FetchResponse {
	readonly status: number;
	readonly type: string;
	readonly headers: Iterable<[string, string]>;
	readonly body: {
		getReader(): { read(): Promise<{ done: boolean; value?: Uint8Array | undefined }>; cancel(): Promise<unknown> };
	} | null;
}

/** A function like `fetch`. It must stop when the signal is aborted, and resolve as soon as the response's headers have arrived. */
export type Fetch = (url: string, init: FetchInit) => Promise<FetchResponse>;
