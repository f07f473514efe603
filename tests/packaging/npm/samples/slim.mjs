// A page whose bundler provides the wasm module as a URL.

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
