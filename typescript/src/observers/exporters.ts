// Exporters of calls and of the functions that models call, such as traces and channels. The host of the program adds them.
//
// Invariant: an exporter observes. An exception of it is a warning, and ends neither a call nor a function.

import type { CallRecord } from "../generated/record.js";

/** A call that begins. */
export interface CallStart {
	endpoint: string;
	baseURL: string;
	body: object;
	isStreamed: boolean;
	/** The tool run that sends the call. */
	run: RunTrace | undefined;
}

/** Receives the end of a call. */
export interface CallExporter {
	/** Headers that name the call's trace. */
	readonly headers?: Record<string, string>;
	/** Whether `replied` is called. */
	readonly wantsReply?: boolean;
	ended(record: CallRecord): void;
	/** Receives the reply as far as it was received, once, after the record or before it. */
	replied?(reply: unknown): void;
}

/** Begins to export a call; undefined if no one listens. */
export type Exporter = (call: CallStart) => CallExporter | undefined;

/** The trace of a tool run: the call that requested the functions. */
export interface RunTrace {
	context?: unknown;
}

/** The option with which a run passes its trace to the calls that it sends. */
export const runTrace: unique symbol = Symbol("trilogue.runTrace");

/** The result of a function that a model called, as text for the model; undefined if its time limit has passed. */
export type ToolResult = { text: string } | undefined;

/** Runs a function that a model called. Its result and its exception are those of `work`. */
export type ToolExporter = <R extends ToolResult>(run: RunTrace, call: object, work: () => Promise<R>) => Promise<R>;

/** The exporters of the calls of all clients. */
export const exporters: Exporter[] = [];
let toolExporter: ToolExporter | undefined;

/** Adds an exporter for the calls of all clients. */
export function addExporter(exporter: Exporter): void {
	exporters.push(exporter);
}

/** Sets the exporter of the functions that models call. */
export function setToolExporter(exporter: ToolExporter): void {
	toolExporter = exporter;
}

/** Runs a function that a model called, within a span if the host exports spans. */
export function runTool<R extends ToolResult>(
	run: RunTrace | undefined,
	call: object,
	work: () => Promise<R>,
): Promise<R> {
	return run && toolExporter ? toolExporter(run, call, work) : work();
}
