// `client.messages`.

import type { CountTokensRequestParam, TokenCount } from "../generated/types.js";
import { APIPromise } from "../requests/api-promise.js";
import type { RequestOptions } from "../requests/options.js";
import type { Sender } from "../requests/sender.js";
import type { MessageStream } from "../streaming/helper-streams.js";
import { toSent, withBetas } from "../structured/helpers.js";
import { MessageRunner } from "../tools/message-runner.js";
import type { RunOptions } from "../tools/tool.js";
import type { Widened, WithTools } from "./bodies.js";
import { Endpoint } from "./endpoint.js";

/** The body of `toolRunner`. */
export type ToolRunnerBody = Omit<WithTools<"messages">, "messages" | "tools"> & {
	messages: readonly { role: string; content: unknown }[];
	tools: readonly object[];
	max_iterations?: number | undefined;
	/** Without effect: every request has all messages. */
	thread?: false | undefined;
	stream?: boolean | undefined;
};

/** Messages, in Anthropic's format. */
export class Messages extends Endpoint<"messages"> {
	static override readonly name: string = "Messages";

	constructor(sender: Sender) {
		super(sender, "messages");
	}

	/**
	 * Runs tools like `runTools`, as a loop over the messages of the model, or with `stream: true` over their streams. Await the runner for the
	 * last message. `max_iterations` limits the number of requests.
	 */
	toolRunner(body: ToolRunnerBody & { stream: true }, options?: RunOptions): MessageRunner<MessageStream>;
	toolRunner(body: ToolRunnerBody, options?: RunOptions): MessageRunner;
	toolRunner(request: object, requestOptions?: RunOptions): unknown {
		const [body, options] = withBetas(request, requestOptions);
		return new MessageRunner(this.sender, body, options);
	}

	/** Counts the tokens of a prompt, at the endpoint. */
	countTokens<const B extends object>(
		body: B & Widened<B, CountTokensRequestParam>,
		options?: RequestOptions,
	): APIPromise<TokenCount>;
	countTokens(body: CountTokensRequestParam, options?: RequestOptions): APIPromise<TokenCount>;
	countTokens(request: object, requestOptions?: RequestOptions): APIPromise<TokenCount> {
		const [body, options] = withBetas(request, requestOptions);
		const call = async () => this.sender.call<TokenCount>("count_tokens", await toSent(body), options);
		return new APIPromise(call());
	}
}
