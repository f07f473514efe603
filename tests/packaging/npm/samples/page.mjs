// A page: shows what happened in an element.

import * as trilogue from "trilogue";
import { use } from "./use.mjs";

const { content } = document.querySelector("meta[name=endpoint]");
const text = await use(trilogue, content).catch((error) => `${error?.stack ?? error}`);
document.body.appendChild(document.createElement("output")).textContent = text;
