// Runs of rows, as asynchronous iterators over finished rows.
//
// Invariant: a run takes rows from its source only as fast as they are sent and read.

import { parseError } from "../binding/errors.js";
import type { NativeBatch } from "../binding/native-batch.js";
import type { BatchSummary } from "../generated/types.js";
import { toJSON } from "../requests/json.js";
import { type BatchLine, BatchRow } from "./row.js";
import { abort, type RunOptions, waitUntilReady } from "./run.js";

/** The rows of a batch. */
export type RowSource<Row> = Iterable<Row> | AsyncIterable<Row>;

/**
 * Finished rows of a batch: as they finish, or with `order` in the order of the input. After the last row it throws the error of a run that ended
 * early. Leaving the loop ends the run at once.
 */
export class BatchRows<Row extends object = object> implements AsyncIterableIterator<BatchRow<Row>> {
	static readonly name: string = "BatchRows";

	readonly #opening: Promise<NativeBatch>;
	readonly #source: RowSource<Row>;
	readonly #options: RunOptions;
	/** Rows that were handed over and not taken back, by number. */
	readonly #open = new Map<number, Row>();
	#pushed = 0;
	#run: NativeBatch | undefined;
	#finished: BatchRow<Row>[] = [];
	/** The position of the next row in `#finished`. */
	#next = 0;
	/** The error of the source, or of one of its rows. It is thrown after the rows before it. */
	#error: { thrown: unknown } | undefined;
	#hasEnded = false;
	#onSpace: (() => void) | undefined;

	constructor(opening: Promise<NativeBatch>, source: RowSource<Row>, options: RunOptions) {
		this.#opening = opening;
		this.#source = source;
		this.#options = options;
		// The first `next` throws the error of a run that does not start.
		opening.catch(() => undefined);
	}

	/** The counts so far; `undefined` before the first row was requested. */
	get summary(): BatchSummary | undefined {
		return this.#run && (JSON.parse(this.#run.core.summary()) as BatchSummary);
	}

	[Symbol.asyncIterator](): this {
		return this;
	}

	async next(): Promise<IteratorResult<BatchRow<Row>, undefined>> {
		if (this.#next === this.#finished.length && !this.#hasEnded) {
			try {
				await this.#advance();
			} catch (error) {
				// Of the run, which has ended, or of the program's progress function.
				this.#hasEnded = true;
				this.#options.onLeave();
				if (this.#run) await abort(this.#run);
				this.#onSpace?.();
				throw error;
			}
		}
		const row = this.#finished[this.#next];
		if (!row) return { done: true, value: undefined };
		this.#next += 1;
		return { done: false, value: row };
	}

	/** Ends the run at once: rows in flight are cancelled. */
	async return(): Promise<IteratorResult<BatchRow<Row>, undefined>> {
		this.#hasEnded = true;
		this.#finished = [];
		this.#next = 0;
		const run = await this.#opening.catch(() => undefined);
		this.#options.onLeave();
		if (run) await abort(run);
		this.#onSpace?.();
		return { done: true, value: undefined };
	}

	/** Sends no further rows. The iterator ends after those in flight. */
	async stop(): Promise<void> {
		const run = await this.#opening;
		run.core.stop();
	}

	/** Waits until a row has finished, or the run has ended. */
	async #advance(): Promise<void> {
		if (!this.#run) {
			this.#run = await this.#opening;
			void this.#feed(this.#run);
		}
		const run = this.#run;
		while (!this.#take(run)) {
			if (run.core.hasEnded) {
				// A row may have finished just before the end.
				if (!this.#take(run)) this.#end(run);
				return;
			}
			await waitUntilReady(run, this.#options);
		}
		this.#onSpace?.();
	}

	#take(run: NativeBatch): boolean {
		const taken = JSON.parse(run.core.take()) as (number | BatchLine)[];
		this.#finished = [];
		this.#next = 0;
		for (let at = 0; at < taken.length; at += 2) {
			const number = taken[at] as number;
			this.#finished.push(new BatchRow(number - 1, this.#open.get(number) as Row, taken[at + 1] as BatchLine));
			this.#open.delete(number);
		}
		return this.#finished.length > 0;
	}

	/** Throws the error of the run or of the source, if there is one. */
	#end(run: NativeBatch): void {
		this.#hasEnded = true;
		// A source that waits for space is left.
		this.#onSpace?.();
		this.#options.onEnd(run.core.outcome());
		if (this.#error) throw this.#error.thrown;
	}

	/** Hands all rows over, whenever there is space. */
	async #feed(run: NativeBatch): Promise<void> {
		try {
			if (Symbol.asyncIterator in this.#source) {
				for await (const row of this.#source) {
					this.#push(run, row);
					while (!run.core.hasSpace && !this.#hasEnded) await this.#space();
					if (this.#hasEnded) return;
				}
			} else {
				for (const row of this.#source) {
					this.#push(run, row);
					while (!run.core.hasSpace && !this.#hasEnded) await this.#space();
					if (this.#hasEnded) return;
				}
			}
		} catch (thrown) {
			this.#error = { thrown };
		}
		run.core.endRows();
	}

	#push(run: NativeBatch, row: Row): void {
		this.#pushed += 1;
		this.#open.set(this.#pushed, row);
		const error = run.core.push(toJSON(row));
		if (error) throw parseError(error);
	}

	/** Resolves when finished rows were taken. */
	#space(): Promise<void> {
		return new Promise((resolve) => {
			this.#onSpace = resolve;
		});
	}
}
