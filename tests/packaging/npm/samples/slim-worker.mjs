// A worker whose bundler hands the wasm module over as bytes: all in one classic script.

import * as trilogue from "trilogue/slim";
import wasm from "trilogue/trilogue.wasm";
import { use } from "./use.mjs";

trilogue.initSync(wasm);
self.onmessage = async ({ data }) => self.postMessage(await use(trilogue, data).catch((error) => `${error?.stack ?? error}`));
