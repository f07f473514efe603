// A request that a wasm module sends through `fetch`, and its response.

import type { Fetch, FetchInit, FetchResponse } from "./fetch.js";

/** How long a complete response may take to end its body before the connection is aborted, in milliseconds. */
const drainTimeout = 1000;
type Reader = ReturnType<NonNullable<FetchResponse["body"]>["getReader"]>;

/** The head of a response, or why there is none; `isRefused`: the host could not create the request. */
export type Answer = { status: number; headers: string } | { why: string; isRefused: boolean };

/** A request and its response. */
export class Exchange {
	readonly controller: AbortController = new AbortController();
	reader: Reader | undefined;
	isReading = false;

	/** Sends the request: method, URL, and the names and values of headers in `head`, one per line. */
	async send(fetch: Fetch, head: string, body: string): Promise<Answer> {
		const [method, url, ...headers] = head.split("\n") as [string, string, ...string[]];
		// Following a redirect could hand the key to another origin.
		const init: FetchInit = {
			method,
			headers: record(headers),
			body: body || null,
			redirect: "manual",
			signal: this.controller.signal,
		};
		try {
			// Some hosts send a body of unknown length if they are given a `Request`.
			const response = await fetch(url, init);
			this.reader = response.body?.getReader();
			return {
				// The browser hides the status and the target of a redirect.
				status: response.type === "opaqueredirect" ? 302 : response.status,
				headers: [...response.headers].flat().join("\n"),
			};
		} catch (why) {
			return { why: reason(why), isRefused: !isValidRequest(url, init) };
		}
	}

	/** Aborts the request and closes the connection. */
	abort(): void {
		this.controller.abort();
		// Some hosts ignore the signal once the response was collected; its body can still be cancelled.
		this.reader?.cancel().catch(() => undefined);
	}

	/** Reads the rest of the body for a short time, so that the connection can be reused. */
	async drain(): Promise<void> {
		const timer = setTimeout(() => this.controller.abort(), drainTimeout);
		try {
			while (this.reader && !(await this.reader.read()).done);
		} catch {
			// The rest of the body is not needed.
		}
		clearTimeout(timer);
	}
}

/** Converts alternating names and values to an object. */
function record(parts: string[]): Record<string, string> {
	return Object.fromEntries(
		parts.flatMap((name, index) => (index % 2 === 0 ? [[name, parts[index + 1] as string]] : [])),
	);
}

/** Whether the host can create the request. */
function isValidRequest(url: string, init: FetchInit): boolean {
	try {
		new Request(url, init);
		return true;
	} catch {
		return false;
	}
}

/** The message of what a host threw. */
export function reason(why: unknown): string {
	return (why as Error | undefined)?.message || "the connection broke";
}
