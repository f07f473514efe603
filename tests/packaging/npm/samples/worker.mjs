// A web worker that posts what happened.

import * as trilogue from "trilogue";
import { use } from "./use.mjs";

// The import does not wait: a message that was posted at once arrives here.
self.onmessage = async ({ data }) => self.postMessage(await use(trilogue, data).catch((error) => `${error?.stack ?? error}`));
