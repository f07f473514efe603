// Helpers of the tests in this folder: requests, signals that count their listeners, loggers that keep their lines.

import { ask, ok } from "../structured/checks.mjs";
import { texts } from "./scenarios.mjs";

export const streamed = { ...ask, stream: true };
export const joinTexts = (chunks) => chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "").join("");
export const whole = texts.join("");
export const pause = (milliseconds) => new Promise((ready) => setTimeout(ready, milliseconds));

/** A signal that counts its listeners. */
export function countingSignal() {
	const controller = new AbortController();
	const { signal } = controller;
	const listeners = new Set();
	const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)];
	signal.addEventListener = (type, listener, options) => {
		listeners.add(listener);
		add(type, listener, options);
	};
	signal.removeEventListener = (type, listener) => {
		listeners.delete(listener);
		remove(type, listener);
	};
	return { controller, signal, listeners };
}

/** A logger that keeps its lines, as level and text; each must be a single line with the number of its call. */
export function recorder() {
	const lines = [];
	const keep = (level) => (line) => {
		ok(/^\[\d+\] /.test(line) && !line.includes("\n"), `the line is ${line}`);
		ok(!line.includes("hushhush"), `the line contains a secret: ${line}`);
		lines.push(`${level} ${line.replace(/^\[\d+\] /, "")}`);
	};
	return { lines, logger: { error: keep("error"), warn: keep("warn"), info: keep("info"), debug: keep("debug") } };
}

/** Compares lines with texts and patterns. */
export function checkLines(lines, wanted) {
	const isLike = (line, place) => (typeof wanted[place] === "string" ? line === wanted[place] : wanted[place]?.test(line));
	ok(lines.length === wanted.length && lines.every(isLike), `the lines are\n${lines.join("\n")}`);
}

/** Blocks the thread for a while. */
export function block(milliseconds) {
	for (const start = Date.now(); Date.now() - start < milliseconds; );
}

export async function until(isSo) {
	while (!isSo()) await pause(5);
}
