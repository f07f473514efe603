// A batch in progress, as the addon implements it.

/** The methods of a batch that wait for nothing. */
export interface BatchCore {
	/** Whether a further row may be handed over now. */
	readonly hasSpace: boolean;
	/** Whether the run has ended. */
	readonly hasEnded: boolean;
	/** Hands a row over, as JSON text. Returns `{error}` as text, or `null`. */
	push(row: string): string | null;
	/** Marks the end of the input. */
	endRows(): void;
	/** Takes the rows that have finished: the number of each, from 1, and its line. */
	take(): string;
	/** Whether progress is to be reported, once for each report. */
	takeReport(): boolean;
	/** The counts so far. */
	summary(): string;
	/** Sends no further rows. The run ends when those in flight are done. */
	stop(): void;
	/** Ends the run at once. */
	abort(): void;
	/** The summary of a run that has ended, or `{error}`. */
	outcome(): string;
}

/** A batch in progress. */
export interface NativeBatch {
	readonly core: BatchCore;
	/** Resolves when there are rows to take or progress to report, or the run has ended. */
	wait(): Promise<void>;
}
