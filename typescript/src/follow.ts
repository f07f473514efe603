// A stream that ends with its user's AbortSignal.
//
// Law: the signal keeps no stream alive, and no listener stays on it after the stream: one signal may serve a whole program.

interface Follower {
	readonly controller: AbortController;
}

const dropped = new FinalizationRegistry<() => void>((leave) => leave());

/** Aborts `follower` with `signal`; gives what ends that. */
export function follow(follower: Follower, signal: AbortSignal | undefined): () => void {
	if (signal?.aborted) follower.controller.abort();
	if (!signal || signal.aborted) return () => undefined;
	const held = new WeakRef(follower);
	const abort = () => held.deref()?.controller.abort();
	const leave = () => signal.removeEventListener("abort", abort);
	signal.addEventListener("abort", abort, { once: true });
	dropped.register(follower, leave);
	return leave;
}
