// A finished row of a batch: its line in the log, with the classes of this package.

import type { ErrorFields } from "../binding/failure.js";
import { type APIError, errorFrom } from "../generated/errors.js";
import type { ChatCompletion, Message } from "../generated/types.js";

/** A line of the log: OpenAI's output line with the usage, the cost, the attempts and the time of the row. */
export interface BatchLine {
	id: string;
	custom_id: string;
	response: { status_code: number; request_id: string | null; body: unknown } | null;
	error: { code: string; message: string; type: string; param: string | null; partial?: unknown } | null;
	tried?: ErrorFields["attempts"];
	usage: { input_tokens: number; output_tokens: number } | null;
	cost: string | null;
	attempts: number;
	ms: number;
	outcome: "answered" | "failed";
}

/** A row of a batch with its answer, or with its error. */
export class BatchRow<Row = unknown> {
	static readonly name: string = "BatchRow";

	/** The position of the row in the input, from 0. */
	readonly index: number;
	/** The row, as the program handed it over. */
	readonly row: Row;
	/** The line of the log. */
	readonly line: BatchLine;

	constructor(index: number, row: Row, line: BatchLine) {
		this.index = index;
		this.row = row;
		this.line = line;
	}

	/** The name of the row: its `custom_id`, else `row-N`. */
	get customId(): string {
		return this.line.custom_id;
	}

	/** Whether the row has an answer or an error. */
	get outcome(): "answered" | "failed" {
		return this.line.outcome;
	}

	/** The answer; `null` if the row has failed. */
	get answer(): ChatCompletion | Message | null {
		return this.outcome === "answered" ? (this.line.response?.body as ChatCompletion | Message) : null;
	}

	/** The text of the answer; `null` if the row has failed, or if its answer has no text. */
	get text(): string | null {
		const answer = this.answer;
		if (!answer) return null;
		if ("choices" in answer) return (answer as ChatCompletion).choices[0]?.message.content ?? null;
		const texts = (answer as Message).content.map((block) => (block.type === "text" ? block.text : ""));
		return texts.join("");
	}

	/** The error; `null` if the row has an answer. */
	get error(): APIError | null {
		const { error, response, attempts, tried } = this.line;
		if (!error) return null;
		const { message, code, param, type, partial = null } = error;
		return errorFrom({
			kind: type,
			message,
			status: response?.status_code ?? null,
			code,
			param,
			type: null,
			request_id: response?.request_id ?? null,
			retryable: false,
			retries_taken: attempts - 1,
			retry_after: null,
			body: response?.body ?? null,
			partial,
			...(tried && { attempts: tried }),
		});
	}

	/** Input tokens, those of caches included, and output tokens; `null` if they are unknown. */
	get usage(): BatchLine["usage"] {
		return this.line.usage;
	}

	/** The cost in dollars, as a decimal string; `null` if it is unknown. */
	get cost(): string | null {
		return this.line.cost;
	}

	/** How often the request was sent. */
	get attempts(): number {
		return this.line.attempts;
	}

	/** The time from the first attempt to the end of the answer, in milliseconds. */
	get elapsed(): number {
		return this.line.ms;
	}
}
