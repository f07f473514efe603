// A worker of an edge runtime. Its response says what happened; the endpoint is in the query.

import * as trilogue from "trilogue";
import { use } from "./use.mjs";

export default {
	async fetch(request) {
		const text = await use(trilogue, new URL(request.url).searchParams.get("endpoint")).catch((error) => `${error?.stack ?? error}`);
		return new Response(text);
	},
};
