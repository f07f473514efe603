// A web worker that posts its result.

import * as trilogue from "trilogue";
import { use } from "./use.mjs";

// The import waits for nothing: a message that was posted at once comes here.
self.onmessage = async ({ data }) => self.postMessage(await use(trilogue, data).catch((error) => `${error?.stack ?? error}`));
