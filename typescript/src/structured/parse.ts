// Whole typed replies: requests until the reply matches the schema, or until no further request is allowed.

import type { ParseOptions } from "../generated/options.js";
import type { ChatCompletion, Message } from "../generated/types.js";
import { APIPromise, type WithResponse } from "../requests/api-promise.js";
import type { Format } from "../requests/format.js";
import type { RequestOptions } from "../requests/options.js";
import type { Sender } from "../requests/sender.js";
import { Plan } from "./plan.js";
import type { Schema } from "./schema.js";
import type { Tries } from "./types.js";

/** Requests a typed reply. */
export function parse<Result extends ChatCompletion | Message>(
	sender: Sender,
	endpoint: Format,
	body: object,
	schema: Schema,
	options: ParseOptions & RequestOptions = {},
): APIPromise<Result> {
	const { mode, strict, onInvalid, maxReasks, ...rest } = options;
	const plan = new Plan(endpoint, schema, { mode, strict });
	const send = async (): Promise<WithResponse<Result>> => {
		const tries: Tries = [];
		let request: object | undefined = await plan.request(body);
		for (;;) {
			const response: WithResponse<Result> = await sender.call<Result>(endpoint, request, rest);
			request = await plan.read(response.data, tries, { request, on_invalid: onInvalid, max_reasks: maxReasks });
			if (!request) return response;
		}
	};
	return new APIPromise(send());
}
