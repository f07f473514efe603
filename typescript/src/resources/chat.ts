// `client.chat.completions`.

import type { Sender } from "../requests/sender.js";
import { Endpoint, Resource } from "./endpoint.js";

/** Chat completions. */
export class Completions extends Endpoint<"chat"> {
	constructor(sender: Sender) {
		super(sender, "chat");
	}
}

/** Chat endpoints. */
export class Chat extends Resource {
	/** Chat completions. */
	readonly completions: Completions = new Completions(this.sender);
}
