// The wasm modules as text, for programs that cannot read a file beside their code.
//
// `build.mjs` writes a script for each module. The script sets a property of `globalThis` to the base64 of the gzipped module, so that it can
// be imported as an ECMAScript module and required as a CommonJS module alike.

/** The names of the modules. */
export type EmbeddedName = "trilogue" | "kit";

/** The properties of `globalThis`; they contain a hash of the module, which `build.mjs` fills in. */
declare const EMBEDDED_KEYS: Record<EmbeddedName, string>;

/** Returns the gzipped module as base64. Its script must have run. */
export function embedded(name: EmbeddedName): string {
	return (globalThis as unknown as Record<string, string>)[EMBEDDED_KEYS[name]] as string;
}

/** Decompresses a module in hosts without `node:zlib`. */
export async function decompress(name: EmbeddedName): Promise<ArrayBuffer> {
	const bytes = Uint8Array.from(atob(embedded(name)), (letter) => letter.charCodeAt(0));
	return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
}
