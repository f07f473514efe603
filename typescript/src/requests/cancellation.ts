// Cancelling a call at any time: before it is sent, while it waits for the response, and when the response has arrived.

import { cancelledError } from "../binding/errors.js";

/** The state of a call that can be cancelled. */
export class Cancellation {
	#isCancelled = false;
	/** What `cancel` runs from now on. Must not throw. */
	action: (() => void) | undefined;

	get isCancelled(): boolean {
		return this.#isCancelled;
	}

	/** Cancels the call. */
	cancel(): void {
		this.#isCancelled = true;
		this.action?.();
	}

	/** Throws if the call is cancelled. */
	check(): void {
		if (this.#isCancelled) throw cancelledError();
	}

	/** Returns the outcome of `work`, or rejects as soon as the call is cancelled. */
	race<T>(work: T | Promise<T>): Promise<T> {
		return new Promise((resolve, reject) => {
			this.action = () => reject(cancelledError());
			Promise.resolve(work).then(resolve, reject);
		});
	}
}
