// A page whose bundler hands the wasm module over as an address.

import * as trilogue from "trilogue/slim";
import wasm from "trilogue/trilogue.wasm";
import { use } from "./use.mjs";

async function main() {
	await trilogue.init(wasm);
	return use(trilogue, document.querySelector("meta[name=endpoint]").content);
}

main()
	.catch((error) => `${error?.stack ?? error}`)
	.then((text) => {
		document.body.appendChild(document.createElement("output")).textContent = text;
	});
