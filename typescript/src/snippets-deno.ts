// `trilogue/snippets` for Deno.
//
// Law: installs what it stands on; nothing else.

import { installKit } from "./kit.js";
import { kit } from "./kit-deno.js";

installKit(() => kit);

export * from "./snippets.js";
export { snippet as default } from "./snippets.js";
