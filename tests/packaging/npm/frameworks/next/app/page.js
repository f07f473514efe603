// A page that the server renders with a conversation, and a client component.

import { Client } from "trilogue";
import { Conversation } from "trilogue/conversation";
import Chat from "./chat.js";

export const dynamic = "force-dynamic";

export default async function Page() {
	const baseURL = process.env.SAMPLE_URL;
	const conversation = new Conversation({ model: "m" });
	let text = "";
	for await (const event of conversation.stream(new Client({ baseURL }), "Hi")) if (event.type === "text") text += event.text;
	return (
		<main>
			<p id="server">{text}</p>
			<Chat baseURL={baseURL} />
		</main>
	);
}
