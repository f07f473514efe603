// `client.messages`.

import type { CountTokensRequestParam, TokenCount } from "../generated/types.js";
import { APIPromise } from "../requests/api-promise.js";
import type { RequestOptions } from "../requests/options.js";
import type { Sender } from "../requests/sender.js";
import type { Widened } from "./bodies.js";
import { Endpoint } from "./endpoint.js";

/** Messages, in Anthropic's format. */
export class Messages extends Endpoint<"messages"> {
	static override readonly name: string = "Messages";

	constructor(sender: Sender) {
		super(sender, "messages");
	}

	/** Counts the tokens of a prompt, at the endpoint. */
	countTokens<const B extends object>(
		body: B & Widened<B, CountTokensRequestParam>,
		options?: RequestOptions,
	): APIPromise<TokenCount>;
	countTokens(body: CountTokensRequestParam, options?: RequestOptions): APIPromise<TokenCount>;
	countTokens(body: object, options?: RequestOptions): APIPromise<TokenCount> {
		return new APIPromise(this.sender.call<TokenCount>("count_tokens", body, options));
	}
}
