// A value that grows as its JSON arrives.
//
// Applies the core's operations (`core/src/json/ops.rs`), each in constant time, and parses nothing. Almost every delta of a stream has such an
// operation, so this code creates no closure, spread or copy for it.

/** An object or an array that is still open. */
export type Container = Record<string, unknown> | unknown[];

/** Called with each complete value. */
export interface Watcher {
	/** `value` is at the current position of the innermost of the first `depth` open containers. */
	complete(mirror: Mirror, depth: number, value: unknown): void;
}

/** A growing value. */
export class Mirror {
	/** The value so far: one object that grows; `undefined` before it starts. */
	value: unknown = undefined;
	/** The open containers, the outermost first. */
	readonly open: Container[] = [];
	/** For each open container that is an object, the name of the member that is being read. */
	readonly names: string[] = [];
	/** Observers of complete values. */
	readonly watchers: Watcher[] = [];
	/** The innermost open container. */
	#top: Container | undefined = undefined;
	/** The string that is being read. */
	#string = "";
	readonly #isWrapped: boolean;
	#copy: unknown = undefined;
	#isCopied = false;

	/** `isWrapped`: the result is the member `value` of the JSON. */
	constructor(isWrapped = false) {
		this.#isWrapped = isWrapped;
	}

	/** The result so far. */
	get parsed(): unknown {
		return this.#isWrapped ? unwrapped(this.value) : this.value;
	}

	/**
	 * Applies the operations from `first` to `last`, excluding `last`. A code is the operation's kind and, shifted by four bits, the length of
	 * its piece of `text`; the first piece starts at `at`. Returns the start of the next piece.
	 */
	apply(codes: readonly number[], text: string, first = 0, last = codes.length, at = 0): number {
		this.#isCopied = false;
		for (let index = first; index < last; index += 1) {
			const code = codes[index] as number;
			const end = at + (code >>> 4);
			switch (code & 15) {
				case 0:
					this.#begin({});
					break;
				case 1:
					this.#begin([]);
					break;
				case 2:
					this.names[this.names.length - 1] = text.slice(at, end);
					break;
				case 3:
					this.#string = "";
					this.#put("");
					break;
				case 4:
					// Engines append to a string without copying it.
					this.#string += text.slice(at, end);
					this.#replace(this.#string);
					break;
				case 5:
					this.#complete(this.#string);
					break;
				case 6:
					this.#scalar(Number(text.slice(at, end)));
					break;
				case 7:
					this.#scalar(null);
					break;
				case 8:
					this.#scalar(true);
					break;
				case 9:
					this.#scalar(false);
					break;
				default:
					this.#close();
			}
			at = end;
		}
		return at;
	}

	#begin(container: Container): void {
		this.#put(container);
		this.open.push(container);
		this.names.push("");
		this.#top = container;
	}

	#close(): void {
		const closed = this.open.pop();
		this.names.pop();
		this.#top = this.open[this.open.length - 1];
		this.#complete(closed);
	}

	#scalar(value: unknown): void {
		this.#put(value);
		this.#complete(value);
	}

	/** Sets a new value at the current position. Of two members with the same name the last one counts. */
	#put(value: unknown): void {
		const top = this.#top;
		if (top === undefined) this.value = value;
		else if (Array.isArray(top)) top.push(value);
		else this.#set(top, this.names[this.names.length - 1] as string, value);
	}

	#set(object: Record<string, unknown>, name: string, value: unknown): void {
		if (name === "__proto__") {
			// An assignment would change the object's prototype.
			Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
		} else {
			object[name] = value;
		}
	}

	/** Replaces the string at the current position by a longer one. */
	#replace(value: string): void {
		const top = this.#top;
		if (top === undefined) this.value = value;
		else if (Array.isArray(top)) top[top.length - 1] = value;
		else top[this.names[this.names.length - 1] as string] = value;
	}

	#complete(value: unknown): void {
		for (const watcher of this.watchers) watcher.complete(this, this.open.length, value);
	}

	/**
	 * Returns the result as it is now, as a value that does not change: open containers are copied, closed ones are shared by all snapshots.
	 * Returns the same object if nothing has changed since the last snapshot.
	 */
	snapshot(): unknown {
		if (!this.#isCopied) {
			this.#copy = this.#copied();
			this.#isCopied = true;
		}
		return this.#isWrapped ? unwrapped(this.#copy) : this.#copy;
	}

	#copied(): unknown {
		let copy = this.open.length === 0 ? this.value : undefined;
		for (let depth = this.open.length - 1; depth >= 0; depth -= 1) {
			const live = this.open[depth] as Container;
			const isInnermost = depth === this.open.length - 1;
			if (Array.isArray(live)) {
				const items = live.slice();
				if (!isInnermost) items[items.length - 1] = copy;
				copy = items;
			} else {
				const members = { ...live };
				if (!isInnermost) this.#set(members, this.names[depth] as string, copy);
				copy = members;
			}
		}
		return copy;
	}
}

function unwrapped(value: unknown): unknown {
	return (value as { value?: unknown } | undefined)?.value;
}
