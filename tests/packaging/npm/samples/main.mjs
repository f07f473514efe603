// A program for Node, Bun and Deno.

import * as trilogue from "trilogue";
import { use } from "./use.mjs";

console.log(await use(trilogue, process.env.SAMPLE_URL));
