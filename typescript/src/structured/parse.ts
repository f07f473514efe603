// Whole typed replies: requests until the reply matches the schema, or until no further request is allowed.

import type { ParseOptions } from "../generated/options.js";
import type { ChatCompletion, Message } from "../generated/types.js";
import { APIPromise, type WithResponse } from "../requests/api-promise.js";
import type { Format } from "../requests/format.js";
import type { RequestOptions } from "../requests/options.js";
import type { Sender } from "../requests/sender.js";
import { toSent } from "./helpers.js";
import { Plan, setParsedOutput } from "./plan.js";
import type { Schema } from "./schema.js";
import type { Tries } from "./types.js";

/** Requests a typed reply; without a schema, a reply whose `parsed` is null. */
export function parse<Result extends ChatCompletion | Message>(
	sender: Sender,
	endpoint: Format,
	body: object,
	schema: Schema | null | undefined,
	options: ParseOptions & RequestOptions = {},
): APIPromise<Result> {
	const { mode, strict, onInvalid, maxReasks, ...rest } = options;
	const { tools } = body as { tools?: unknown };
	const send = async (): Promise<WithResponse<Result>> => {
		const sent = await toSent(body);
		const parseCalls = tools ? (await import("./official.js")).parseCalls : undefined;
		if (!schema) {
			const response = await sender.call<Result>(endpoint, sent, rest);
			setUntyped(response.data);
			parseCalls?.(response.data, tools);
			return response;
		}
		const plan = new Plan(endpoint, schema, { mode, strict });
		const tries: Tries = [];
		let request: object | undefined = await plan.request(sent);
		for (;;) {
			const response: WithResponse<Result> = await sender.call<Result>(endpoint, request, rest);
			request = await plan.read(response.data, tries, { request, on_invalid: onInvalid, max_reasks: maxReasks });
			if (request) continue;
			parseCalls?.(response.data, tools);
			return response;
		}
	};
	return new APIPromise(send());
}

/** Sets the value of a reply to a request without a schema: null. */
function setUntyped(reply: ChatCompletion | Message): void {
	reply.parsed = null;
	if ("choices" in reply) for (const { message } of (reply as ChatCompletion).choices) message.parsed = null;
	else setParsedOutput(reply);
}
