// The same over `trilogue/slim`, with the module that the host compiled.

import * as trilogue from "trilogue/slim";
import wasm from "trilogue/trilogue.wasm";
import { use } from "./use.mjs";

trilogue.initSync(wasm);

export default {
	async fetch(request) {
		const text = await use(trilogue, new URL(request.url).searchParams.get("endpoint")).catch((error) => `${error?.stack ?? error}`);
		return new Response(text);
	},
};
