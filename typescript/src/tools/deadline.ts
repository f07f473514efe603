// Work that may take only so long.
//
// Rule: work that is late, or no longer wanted, gets a signal, and nothing waits for it.

import { onAbort } from "../requests/abort.js";

/** Runs `work` until it ends, `outer` is aborted, or `milliseconds` have passed, which is an error with `message`. */
export async function withDeadline(
	work: (signal: AbortSignal) => unknown,
	outer: AbortSignal,
	milliseconds: number | undefined,
	message: string,
): Promise<unknown> {
	const controller = new AbortController();
	let timer: ReturnType<typeof setTimeout> | undefined;
	let withdraw: (() => void) | undefined;
	try {
		return await new Promise((resolve, reject) => {
			const stop = (why: unknown) => {
				controller.abort(why);
				reject(why);
			};
			withdraw = onAbort(outer, () => stop(outer.reason));
			if (outer.aborted) return;
			const late = () => stop(new DOMException(message, "TimeoutError"));
			if (milliseconds !== undefined) timer = setTimeout(late, milliseconds);
			Promise.resolve()
				.then(() => work(controller.signal))
				.then(resolve, reject);
		});
	} finally {
		clearTimeout(timer);
		withdraw?.();
	}
}
