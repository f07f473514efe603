// Imports a library by a name that only the program knows. A file of its own, since the minifier drops the comments below.

/** Imports a library that the program has installed; bundlers leave the import as it is. */
export function importLibrary(name: string): Promise<Record<string, unknown>> {
	return import(/* webpackIgnore: true */ /* @vite-ignore */ name);
}
