// Sends the requests of a client with hooks.
//
// Not loaded on demand: a file of its own would make a page's first load 200 bytes smaller, and split it into one file more.

import type { NativeClient, NativeStream } from "../binding/binding.js";
import { createError } from "../binding/errors.js";
import type { WithResponse } from "./api-promise.js";
import { Cancellation } from "./cancellation.js";
import { HookedCall, type Hooks, headOf } from "./hooks.js";
import { kindOf } from "./kind.js";
import type { RequestOptions, SentOptions } from "./options.js";
import { Sender, type SenderOptions } from "./sender.js";

/** Returns the hooks that are given; undefined if there are none. Throws a `ConfigurationError` for one that is no function. */
export function checkHooks(hooks: Hooks): Hooks | undefined {
	const given = Object.entries(hooks).filter(([, hook]) => hook !== undefined && hook !== null);
	for (const [name, hook] of given) {
		if (typeof hook !== "function")
			throw createError("ConfigurationError", `${name} must be a function, not ${kindOf(hook)}`);
	}
	return given.length > 0 ? hooks : undefined;
}

/** Sends requests, and calls the hooks of a client. */
export class HookedSender extends Sender {
	readonly #hooks: Hooks;

	constructor(native: NativeClient, options: SenderOptions, hooks: Hooks) {
		super(native, options);
		this.#hooks = hooks;
	}

	override async call<T>(endpoint: string, body: object, options: RequestOptions = {}): Promise<WithResponse<T>> {
		const call = new HookedCall(this.#hooks, endpoint, false, options.signal, new Cancellation());
		return call.run(body, options, async (body, options) => {
			const reply = await super.call<T>(endpoint, body, options);
			return { result: reply, head: reply, reply: reply.data };
		});
	}

	override async stream(
		endpoint: string,
		body: object,
		options: SentOptions = {},
		opening: Cancellation = new Cancellation(),
	): Promise<NativeStream> {
		const call = new HookedCall(this.#hooks, endpoint, true, options.signal, opening);
		let opened: NativeStream | undefined;
		try {
			const stream = await call.run(body, options, async (body, options) => {
				opened = await super.stream(endpoint, body, options, opening);
				return { result: opened, head: headOf(opened) };
			});
			stream.onItem = call.onItem;
			return stream;
		} catch (error) {
			opened?.cancel();
			throw error;
		}
	}
}
