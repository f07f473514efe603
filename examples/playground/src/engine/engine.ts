// The package and its catalogue, loaded beside the first paint.
//
// Law: the only file that imports the package; all others ask here. Nothing waits for it but what needs it.

import { signal } from "@preact/signals";
import type { Catalog } from "trilogue";

/** The package, as soon as its wasm module is there. */
export const engine = import("trilogue");

/** The catalogue; nothing until it has come. */
export const catalog = signal<Catalog | undefined>(undefined);

/** Why the package can't run here; a browser without wasm, or a file that is missing. */
export const broken = signal<string | undefined>(undefined);

engine
	.then(async ({ loadCatalog }) => {
		catalog.value = await loadCatalog();
	})
	.catch((error: unknown) => {
		broken.value = error instanceof Error ? error.message : String(error);
	});
