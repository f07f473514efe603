// What the endpoints of both formats share: whole replies and streams, streams of events, and their plan for typed replies.
//
// Passes bodies and options to the sender; fields that the core does not know are sent as they are.

import type { NativeStream } from "../binding/binding.js";
import { APIPromise, type WithResponse, withHead } from "../requests/api-promise.js";
import { Cancellation } from "../requests/cancellation.js";
import type { RequestOptions } from "../requests/options.js";
import type { Sender } from "../requests/sender.js";
import { type Source, Stream } from "../streaming/stream.js";
import type { Schema } from "../structured/schema.js";
import { isWireFormat, Plan, type StructuredOptions } from "../structured/structured.js";

/** An endpoint of a client. */
export class Resource {
	protected readonly sender: Sender;

	constructor(sender: Sender) {
		this.sender = sender;
	}
}

/** Requests a whole reply, or a stream if the body says so. */
export function create<Item, Final>(
	sender: Sender,
	endpoint: "chat" | "messages",
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

/** The arguments of a stream of events: the native stream, the caller's signal, and the plan of a typed reply. */
export function openEvents(
	sender: Sender,
	endpoint: "chat" | "messages",
	body: object,
	format: unknown,
	options: (RequestOptions & StructuredOptions) | undefined,
): [Promise<NativeStream>, AbortSignal | undefined, Plan | undefined, Source] {
	const opening = new Cancellation();
	const source = { opening };
	const signal = options?.signal;
	if (format === undefined || format === null) {
		return [sender.stream(endpoint, body, options, opening), signal, undefined, source];
	}
	const { mode, strict, ...rest } = options ?? {};
	if (isWireFormat(format)) {
		const isJson = (format as { type?: unknown }).type !== "text";
		const sent = isJson ? { ...rest, structured: { root: "object" } } : rest;
		return [sender.stream(endpoint, body, sent, opening), signal, undefined, source];
	}
	const plan = new Plan(endpoint, format as Schema, { mode, strict });
	const start = async (): Promise<NativeStream> => {
		const request = await plan.request(body);
		return sender.stream(endpoint, request, { ...rest, structured: { root: plan.root } }, opening);
	};
	return [start(), signal, plan, source];
}
