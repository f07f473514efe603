// The options of a batch. The core checks them.

import type { BatchSummary } from "../generated/types.js";

/** The options of a batch; all are optional. */
export interface BatchOptions {
	/**
	 * The file of the log: OpenAI's output lines with `usage`, `cost`, `attempts`, `ms` and `outcome`. Repeating a call with its log continues a run
	 * that ended early: rows with a line in it are not sent again. For the rows of a file it is the output, and required.
	 */
	log?: string | undefined;
	/** A text such as `Summarize {text}`, or a request with such texts; its columns are members of the rows. Default: each row has its request. */
	template?: string | object | undefined;
	/** The model of the template. */
	model?: string | undefined;
	/** Fields of each request, such as `temperature`, unless the row has them. */
	parameters?: Record<string, unknown> | undefined;
	/** The most requests per minute, for this batch. Default: the client's limit, else it is learned from the server. */
	requestsPerMinute?: number | undefined;
	/** Short for `requestsPerMinute`. */
	rpm?: number | undefined;
	/** The most tokens per minute, for this batch. Default: the client's limit. */
	tokensPerMinute?: number | undefined;
	/** Short for `tokensPerMinute`. */
	tpm?: number | undefined;
	/** The most that all rows of the log may cost, in dollars, those of earlier runs included. The client's budget applies too. */
	budget?: string | number | undefined;
	/** The most rows in flight, at most 10,000. Default 128. */
	inFlight?: number | undefined;
	/** When lines are synced to the disk: `row`, before the row counts; `1s`, once in a second; `none`, by the system. Default `1s`. */
	sync?: "row" | "1s" | "none" | undefined;
	/** Whether equal rows without a `custom_id` are sent `each`, or `once`. Default `each`. */
	equalRows?: "each" | "once" | undefined;
	/**
	 * How the rows of a file are sent: by `calls`, or in batches that the `provider` answers within a day, at half the price. Default `calls`.
	 */
	via?: "calls" | "provider" | undefined;
	/** Whether rows whose last line is an error are sent once more. Default false. */
	retryFailed?: boolean | undefined;
	/** Whether the output has the order of the input. Default false. */
	order?: boolean | undefined;
	/** Is called with the counts so far about ten times in a second, and at the end. */
	onProgress?: ((summary: BatchSummary) => void) | undefined;
	/** Ends the run at once. The log stays valid. */
	signal?: AbortSignal | undefined;
}
