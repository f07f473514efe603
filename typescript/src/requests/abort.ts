// Calls, runs and streams that end with an `AbortSignal` of the caller.
//
// A signal has one listener, for any number of calls and streams that share it, and only while one of them is running. A signal keeps no
// stream alive.

/** The actions of a signal, and the listener that runs them. */
interface Shared {
	readonly actions: Set<() => void>;
	readonly listener: () => void;
}

const shared = new WeakMap<AbortSignal, Shared>();

function share(signal: AbortSignal): Shared {
	const actions = new Set<() => void>();
	const listener = () => {
		shared.delete(signal);
		signal.removeEventListener("abort", listener);
		for (const action of actions) action();
	};
	const made = { actions, listener };
	signal.addEventListener("abort", listener);
	shared.set(signal, made);
	return made;
}

const nothing = () => undefined;

/**
 * Runs `action` once `signal` is aborted, and at once if it has been. Returns a function that withdraws the action. The action must not
 * throw: no caller could catch it.
 */
export function onAbort(signal: AbortSignal | null | undefined, action: () => void): () => void {
	if (!signal) return nothing;
	if (signal.aborted) {
		action();
		return nothing;
	}
	const of = shared.get(signal) ?? share(signal);
	const { actions, listener } = of;
	// Wrapped, since the same function may be given twice.
	const own = () => action();
	actions.add(own);
	return () => {
		actions.delete(own);
		if (actions.size > 0 || shared.get(signal) !== of) return;
		shared.delete(signal);
		signal.removeEventListener("abort", listener);
	};
}

interface Follower {
	readonly controller: AbortController;
}

const collected = new FinalizationRegistry<() => void>((withdraw) => withdraw());

/** Aborts the controller of `follower` with `signal`, and keeps the follower collectable. Returns a function that ends that. */
export function follow(follower: Follower, signal: AbortSignal | null | undefined): () => void {
	const held = new WeakRef(follower);
	const withdraw = onAbort(signal, () => held.deref()?.controller.abort(signal?.reason));
	if (signal && !signal.aborted) collected.register(follower, withdraw);
	return withdraw;
}
