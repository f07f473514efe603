// A worker of an edge runtime with a conversation. Its response says what happened; the endpoint is in the query.

import * as trilogue from "trilogue";
import * as conversation from "trilogue/conversation";
import * as snippets from "trilogue/snippets";
import { talk } from "./talk.mjs";

export default {
	async fetch(request) {
		const endpoint = new URL(request.url).searchParams.get("endpoint");
		return new Response(await talk(trilogue, conversation, snippets, endpoint).catch((error) => `${error?.stack ?? error}`));
	},
};
