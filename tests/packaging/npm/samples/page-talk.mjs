// A page that talks: shows what happened in an element.

import * as trilogue from "trilogue";
import * as conversation from "trilogue/conversation";
import { talk } from "./talk.mjs";

const { content } = document.querySelector("meta[name=endpoint]");
const text = await talk(trilogue, conversation, content).catch((error) => `${error?.stack ?? error}`);
document.body.appendChild(document.createElement("output")).textContent = text;
