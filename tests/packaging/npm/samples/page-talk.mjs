// A page with a conversation. Shows what happened in an element.

import * as trilogue from "trilogue";
import * as conversation from "trilogue/conversation";
import * as snippets from "trilogue/snippets";
import { talk } from "./talk.mjs";

const { content } = document.querySelector("meta[name=endpoint]");
const text = await talk(trilogue, conversation, snippets, content).catch((error) => `${error?.stack ?? error}`);
document.body.appendChild(document.createElement("output")).textContent = text;
