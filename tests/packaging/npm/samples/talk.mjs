// What samples do with `trilogue/conversation`: a question, its answer as a stream, and what is kept of both.

/** Gives what happened as a text. */
export async function talk({ Client, APIError }, { Conversation }, baseURL) {
	const conversation = new Conversation({ model: "m" });
	let text = "";
	for await (const event of conversation.stream(new Client({ baseURL }), "Hi")) if (event.type === "text") text += event.text;
	const roles = Conversation.fromJSON(JSON.stringify(conversation)).turns.map(({ role }) => role);
	return `${text} ${roles.join(" ")} ${refusal(conversation, APIError)}`;
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

export const told = "Hello! user assistant refused";
