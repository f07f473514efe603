// openai, OpenAI's own client: the last that runs on Node 20, and that shows a partial value at each delta.

import OpenAI from "openai-6";
import { makeWith } from "./openai-with.mjs";

export const make = (url) => makeWith(OpenAI, () => import("openai-6/helpers/zod"), url);
