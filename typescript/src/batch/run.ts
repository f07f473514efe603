// Starting a run, and waiting for it.

import type { NativeClient } from "../binding/binding.js";
import { cancelledError, createError, parseError } from "../binding/errors.js";
import type { NativeBatch } from "../binding/native-batch.js";
import { outcome } from "../binding/operations.js";
import type { BatchSummary } from "../generated/types.js";
import { onAbort } from "../requests/abort.js";
import { kindOf } from "../requests/kind.js";
import { toBinding } from "../requests/options.js";
import type { BatchStarter } from "./install.js";
import type { BatchOptions } from "./options.js";
import { BatchRows, type RowSource } from "./rows.js";

/** What a run reports to the program. */
export interface RunOptions {
	onProgress: ((summary: BatchSummary) => void) | undefined;
	/** Is called with the text of the outcome. Throws its error. */
	onEnd(text: string): BatchSummary;
	/** Is called if the program leaves the run. */
	onLeave(): void;
}

/** Starts a batch of a file, or of rows. */
export const startBatch: BatchStarter = (client, input, options) => {
	const { onProgress, signal } = options;
	let onLeave: () => void = () => undefined;
	const reports: RunOptions = {
		onProgress,
		onEnd(text) {
			onLeave();
			const summary = outcome<BatchSummary>(text);
			onProgress?.(summary);
			if (signal?.aborted) throw cancelledError();
			return summary;
		},
		onLeave: () => onLeave(),
	};
	const start = async (path?: string) => {
		const run = await open(client, path, options);
		onLeave = onAbort(signal, () => run.core.abort());
		return run;
	};
	if (typeof input === "string") return runFile(start(input), reports);
	checkRows(input);
	return new BatchRows(start(), input, reports);
};

function checkRows(rows: unknown): asserts rows is RowSource<object> {
	const isIterable =
		typeof rows === "object" && rows !== null && (Symbol.iterator in rows || Symbol.asyncIterator in rows);
	if (isIterable) return;
	throw createError(
		"InvalidRequestError",
		`the rows of a batch must be the path of a file, or an iterable of objects, not ${kindOf(rows)}`,
	);
}

/** Opens the log and starts the run. */
async function open(
	{ native, key, hook }: Parameters<BatchStarter>[0],
	input: string | undefined,
	options: BatchOptions,
): Promise<NativeBatch> {
	const { log, onProgress, signal, template, parameters, ...plain } = options;
	if (signal?.aborted) throw cancelledError();
	const given = { ...toBinding(plain as object), template, parameters, hook };
	const request = key ? { api_key: await key() } : {};
	const start = (native as Required<Pick<NativeClient, "batch">>).batch;
	const run = await start.call(
		native,
		input,
		log,
		JSON.stringify(given),
		JSON.stringify(request),
		onProgress !== undefined,
	);
	if (typeof run === "string") throw parseError(run);
	return run;
}

async function runFile(opening: Promise<NativeBatch>, options: RunOptions): Promise<BatchSummary> {
	const run = await opening;
	try {
		while (!run.core.hasEnded) await waitUntilReady(run, options);
	} catch (error) {
		// An exception of the program's progress function.
		options.onLeave();
		await abort(run);
		throw error;
	}
	return options.onEnd(run.core.outcome());
}

/** Waits until a run has rows to take or has ended, and reports the progress when it is due. */
export async function waitUntilReady(run: NativeBatch, { onProgress }: RunOptions): Promise<void> {
	await run.wait();
	if (run.core.takeReport()) onProgress?.(JSON.parse(run.core.summary()) as BatchSummary);
}

/** Ends a run at once. */
export async function abort(run: NativeBatch): Promise<void> {
	const { core } = run;
	core.abort();
	while (!core.hasEnded) {
		core.take();
		core.takeReport();
		await run.wait();
	}
}
