// The use of `trilogue/conversation` and `trilogue/snippets` in samples: a message, its streamed reply, the JSON form of both, and the request
// as a command.

/** Returns a text that says what happened. */
export async function talk({ Client, APIError }, { Conversation }, { snippet }, baseURL) {
	const conversation = new Conversation({ model: "m" });
	let text = "";
	for await (const event of conversation.stream(new Client({ baseURL }), "Hi")) if (event.type === "text") text += event.text;
	const roles = Conversation.fromJSON(JSON.stringify(conversation)).turns.map(({ role }) => role);
	const [program] = snippet({ model: "m", messages: [{ role: "user", content: "Hi" }] }, { language: "curl" }).split(" ");
	return `${text} ${roles.join(" ")} ${refusal(conversation, APIError)} ${program}`;
}

/** Whether errors are of the package's own classes. */
function refusal(conversation, APIError) {
	try {
		conversation.request();
		return "accepted";
	} catch (error) {
		return error instanceof APIError && error.name === "InvalidRequestError" ? "refused" : `${error}`;
	}
}

export const talkOutput = "Hello! user assistant refused curl";
