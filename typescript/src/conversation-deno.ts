// `trilogue/conversation` for Deno.
//
// Law: installs what it stands on; nothing else.

import { installKit } from "./kit.js";
import { kit } from "./kit-deno.js";

installKit(() => kit);

export * from "./conversation.js";
export { Conversation as default } from "./conversation.js";
