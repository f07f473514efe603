// The package and its catalogue, which load while the page is drawn.
//
// The only file that imports the package, so that nothing else waits for it.

import { signal } from "@preact/signals";
import type { Catalog } from "trilogue";

/** The package, once its wasm module is loaded. */
export const engine = import("trilogue");

/** The catalogue; undefined until it is loaded. */
export const catalog = signal<Catalog | undefined>(undefined);

/** Why the package cannot run: a browser without wasm, or a missing file. */
export const broken = signal<string | undefined>(undefined);

engine
	.then(async ({ loadCatalog }) => {
		catalog.value = await loadCatalog();
	})
	.catch((error: unknown) => {
		broken.value = error instanceof Error ? error.message : String(error);
	});
