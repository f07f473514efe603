// A program of Node, Bun or Deno with a conversation.

import * as trilogue from "trilogue";
import * as conversation from "trilogue/conversation";
import * as snippets from "trilogue/snippets";
import { talk } from "./talk.mjs";

console.log(await talk(trilogue, conversation, snippets, process.env.SAMPLE_URL));
