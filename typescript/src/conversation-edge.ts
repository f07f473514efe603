// `trilogue/conversation` for edge runtimes.
//
// Law: installs what it stands on; nothing else.

import { installKit } from "./kit.js";
import { kit } from "./kit-edge.js";

installKit(() => kit);

export * from "./conversation.js";
export { Conversation as default } from "./conversation.js";
