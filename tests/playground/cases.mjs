// The cases of the playground, by their names.
//
// Collects the cases of the other files.

import { chat } from "./chat.mjs";
import { content } from "./content.mjs";
import { failures } from "./failures.mjs";
import { requests } from "./requests.mjs";
import { surroundings } from "./surroundings.mjs";

export const cases = { ...chat, ...failures, ...requests, ...content, ...surroundings };
