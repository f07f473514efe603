// Work that may take only so long.
//
// Law: whoever works is told to stop, and nobody waits for it.

/** Runs `work` until it ends, `outer` is aborted, or `milliseconds` have passed, which is an error with `message`. */
export function withDeadline(
	work: (signal: AbortSignal) => unknown,
	outer: AbortSignal,
	milliseconds: number | undefined,
	message: string,
): Promise<unknown> {
	const controller = new AbortController();
	return new Promise((resolve, reject) => {
		const stop = (why: unknown) => {
			controller.abort(why);
			reject(why);
		};
		const leave = () => stop(outer.reason);
		const late = () => stop(new DOMException(message, "TimeoutError"));
		const timer = milliseconds === undefined ? undefined : setTimeout(late, milliseconds);
		const settled = () => {
			clearTimeout(timer);
			outer.removeEventListener("abort", leave);
		};
		if (outer.aborted) return leave();
		outer.addEventListener("abort", leave, { once: true });
		Promise.resolve()
			.then(() => work(controller.signal))
			.then(resolve, reject)
			.finally(settled);
	});
}
