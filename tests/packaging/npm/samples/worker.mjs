// A web worker: tells what happened.

import * as trilogue from "trilogue";
import { use } from "./use.mjs";

// What came before this module was ready has been kept by nobody.
self.postMessage("ready");
self.onmessage = async ({ data }) => self.postMessage(await use(trilogue, data).catch((error) => `${error?.stack ?? error}`));
