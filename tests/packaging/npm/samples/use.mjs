// The use of the package in every sample, which needs all of its files.

/** Returns a text that says what happened. */
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

/** Whether a wrong option throws at construction an error whose class has its public name, also after minification. */
function refusal(Client, ConfigurationError) {
	try {
		new Client({ baseURL: "https://example.test" });
		return "accepted";
	} catch (error) {
		const isOwn = error instanceof ConfigurationError && error.constructor.name === "ConfigurationError";
		return isOwn && error.message.includes("MODELSLAB_API_KEY") ? "refused" : `${error}, a ${error.constructor.name}`;
	}
}

export const expected = "Hello! refused 1";
