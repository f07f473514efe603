// `trilogue/snippets` for browsers and their workers.
//
// Law: installs what it stands on; nothing else.

import { installKit } from "./kit.js";
import { kit } from "./kit-browser.js";

installKit(() => kit);

export * from "./snippets.js";
export { snippet as default } from "./snippets.js";
