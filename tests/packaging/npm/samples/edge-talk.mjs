// A worker of an edge runtime that talks: answers with what happened. The endpoint is in the query.

import * as trilogue from "trilogue";
import * as conversation from "trilogue/conversation";
import { talk } from "./talk.mjs";

export default {
	async fetch(request) {
		const endpoint = new URL(request.url).searchParams.get("endpoint");
		return new Response(await talk(trilogue, conversation, endpoint).catch((error) => `${error?.stack ?? error}`));
	},
};
