// A page with a worker, as bundlers know it.

import { show } from "./show.mjs";

show(new Worker(new URL("./worker.mjs", import.meta.url), { type: "module" }));
