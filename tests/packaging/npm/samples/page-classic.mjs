// A page with a worker that is a classic script.

import { show } from "./show.mjs";

show(new Worker("/out/slim-worker.js"));
