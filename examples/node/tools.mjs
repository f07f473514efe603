// A model that calls functions: prints the calls, and at the end the reply.
//
// The endpoint and the key come from MODELSLAB_BASE_URL and MODELSLAB_API_KEY. Arguments: the question. Needs zod; valibot, arktype and
// plain JSON Schemas work too.

import { APIError, Client, tool } from "trilogue";
import { z } from "zod";

const degrees = { Paris: 18, Rome: 24 };

const getWeather = tool({
	name: "get_weather",
	description: "Returns the weather in a city.",
	parameters: z.object({ city: z.string().describe("The city's name.") }),
	run: async ({ city }) => {
		if (!(city in degrees)) throw new Error(`nothing is known of ${city}`);
		return { degrees: degrees[city], unit: "celsius" };
	},
});

const question = process.argv[2] ?? "Is it warmer in Paris or in Rome?";
const client = new Client();

try {
	const runner = client.chat.completions.runTools({
		model: "openai-gpt-oss-120b",
		messages: [{ role: "user", content: question }],
		tools: [getWeather],
	});
	for await (const event of runner) {
		if (event.type === "tool.done") {
			console.log(`${event.name}(${JSON.stringify(event.arguments)}): ${event.result ?? event.error}`);
		}
		if (event.type === "content.delta") process.stdout.write(event.delta);
	}
	console.log();
} catch (error) {
	if (!(error instanceof APIError)) throw error;
	console.error(`${error.name}: ${error.message}`);
	process.exitCode = 1;
}
