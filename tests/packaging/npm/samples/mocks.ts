// The types of other functions that a client accepts as its `fetch`.

import { Client } from "trilogue";
import { fetch as undiciFetch } from "undici";

interface ServiceBinding {
	fetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response>;
}

export function clients(binding: ServiceBinding): Client[] {
	return [
		new Client({ fetch }),
		new Client({ fetch: globalThis.fetch }),
		new Client({ fetch: undiciFetch }),
		new Client({ fetch: (url, init) => undiciFetch(url, init) }),
		new Client({ fetch: (url, init) => binding.fetch(url, init) }),
		// @ts-expect-error not a function
		new Client({ fetch: "fetch" }),
	];
}
