// `trilogue/tokens` for bundlers that know no host. Has no wasm module: the tokenizer is the addon's.

import { addon } from "./addon-universal.js";
import { getBuiltin } from "./host.js";
import { startTokenizer } from "./node-vocabulary.js";

if (getBuiltin && addon) startTokenizer(getBuiltin, addon);

export * from "../tokens.js";
