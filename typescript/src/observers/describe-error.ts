// The class and the message of what a program threw, which may be any value.

/** The class of an error, or the type of another value, and its text. */
export function describeError(error: unknown): { name: string; message: string } {
	if (error instanceof Error) return { name: error.name, message: error.message };
	try {
		const { name, message } = error as Partial<Error>;
		// An error of another realm.
		if (typeof name === "string" && typeof message === "string") return { name, message };
		return { name: typeof error, message: String(error) };
	} catch {
		// Undefined, null, or an object that cannot be converted to a text.
		return { name: error === null ? "null" : typeof error, message: error == null ? `${error}` : "" };
	}
}
