// A typed reply: prints its items while the rest still arrives, then the whole value.
//
// The endpoint and the key come from MODELSLAB_BASE_URL and MODELSLAB_API_KEY. Arguments: the dish. Needs zod; valibot, arktype and
// plain JSON Schemas work too.

import { APIError, Client } from "trilogue";
import { z } from "zod";

const Ingredient = z.object({ name: z.string(), grams: z.int() });
const Recipe = z.object({
	dish: z.string(),
	minutes: z.int(),
	ingredients: z.array(Ingredient).describe("The three most important ones."),
});

const dish = process.argv[2] ?? "pancakes";
const client = new Client();

try {
	const stream = client.chat.completions.stream({
		model: "openai-gpt-oss-120b",
		messages: [{ role: "user", content: `Give a recipe of ${dish} with three ingredients, as JSON.` }],
		max_tokens: 400,
		temperature: 0,
		frequency_penalty: 1,
		response_format: Recipe,
	});
	for await (const { name, grams } of stream.elements("ingredients", Ingredient)) console.log(`- ${name}, ${grams} g`);
	const { parsed: recipe } = await stream.finalChatCompletion();
	if (recipe) console.log(`${recipe.dish}: ${recipe.minutes} minutes, ${recipe.ingredients.length} ingredients`);
} catch (error) {
	if (!(error instanceof APIError)) throw error;
	console.error(`${error.name}: ${error.message}`);
	process.exitCode = 1;
}
