// openai, OpenAI's own client: the newest.

import OpenAI from "openai";
import { makeWith } from "./openai-with.mjs";

export const make = (url) => makeWith(OpenAI, () => import("openai/helpers/zod"), url);
