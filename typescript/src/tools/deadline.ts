// Time limits of functions.

import { onAbort } from "../requests/abort.js";

/**
 * Runs `work` until it ends, `outer` is aborted, or `milliseconds` have passed. Returns its value, or undefined after the time limit. `work` gets
 * a signal that is aborted in the last two cases, and is not waited for.
 */
export async function withDeadline<T>(
	work: (signal: AbortSignal) => Promise<T>,
	outer: AbortSignal,
	milliseconds: number | undefined,
): Promise<T | undefined> {
	const controller = new AbortController();
	let timer: ReturnType<typeof setTimeout> | undefined;
	let withdraw: (() => void) | undefined;
	try {
		return await new Promise((resolve, reject) => {
			withdraw = onAbort(outer, () => {
				controller.abort(outer.reason);
				reject(outer.reason);
			});
			if (outer.aborted) return;
			const expire = () => {
				controller.abort(new DOMException("the time limit of the tool has passed", "TimeoutError"));
				resolve(undefined);
			};
			if (milliseconds !== undefined) timer = setTimeout(expire, milliseconds);
			Promise.resolve()
				.then(() => work(controller.signal))
				.then(resolve, reject);
		});
	} finally {
		clearTimeout(timer);
		withdraw?.();
	}
}
