// `client.chat.completions`.

import type { Sender } from "../requests/sender.js";
import { Endpoint, Resource } from "./endpoint.js";

/** Chat completions. */
export class Completions extends Endpoint<"chat"> {
	static override readonly name: string = "Completions";

	constructor(sender: Sender) {
		super(sender, "chat");
	}
}

/** Chat endpoints. */
export class Chat extends Resource {
	static override readonly name: string = "Chat";

	/** Chat completions. */
	readonly completions: Completions = new Completions(this.sender);
}
