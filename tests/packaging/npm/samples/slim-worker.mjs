// A worker whose bundler includes the wasm module as bytes: a single classic script.

import * as trilogue from "trilogue/slim";
import wasm from "trilogue/trilogue.wasm";
import { use } from "./use.mjs";

trilogue.initSync(wasm);
self.onmessage = async ({ data }) => self.postMessage(await use(trilogue, data).catch((error) => `${error?.stack ?? error}`));
