// What every sample does with the package that its environment has loaded: enough to need all of its files.

/** Gives what happened as a text. */
export async function use({ Client, ConfigurationError, jsonSchema }, baseURL) {
	const client = new Client({ baseURL });
	const ask = { model: "m", messages: [{ role: "user", content: "Hi" }] };
	let text = "";
	for await (const chunk of await client.chat.completions.create({ ...ask, stream: true })) {
		text += chunk.choices[0]?.delta.content ?? "";
	}
	const { issues } = await jsonSchema({ type: "string" })["~standard"].validate(1);
	return `${text} ${refusal(Client, ConfigurationError)} ${issues.length}`;
}

/** Whether a wrong option is an error at construction. */
function refusal(Client, ConfigurationError) {
	try {
		new Client({ baseURL: "https://example.test" });
		return "accepted";
	} catch (error) {
		return error instanceof ConfigurationError && error.message.includes("MODELSLAB_API_KEY") ? "refused" : `${error}`;
	}
}

export const expected = "Hello! refused 1";
