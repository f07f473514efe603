// A program of Node, Bun or Deno that talks.

import * as trilogue from "trilogue";
import * as conversation from "trilogue/conversation";
import { talk } from "./talk.mjs";

console.log(await talk(trilogue, conversation, process.env.SAMPLE_URL));
