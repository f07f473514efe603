import OpenAI from "openai";
import { zodFunction } from "openai/helpers/zod";
import { z } from "zod";

const client = new OpenAI();

const runner = client.chat.completions
	.runTools({
		model: "gpt-4o",
		messages: [{ role: "user", content: "Which historical books are there?" }],
		tools: [
			zodFunction({
				name: "list",
				description: "Lists books by genre.",
				parameters: z.object({ genre: z.enum(["historical", "mystery"]) }),
				function: async ({ genre }) => [`a ${genre} book`],
			}),
			zodFunction({
				name: "get",
				description: "Gets a book.",
				parameters: z.object({ id: z.string() }),
				function: async ({ id }) => ({ id }),
			}),
		],
	})
	.on("message", (message) => console.log(message.role, message.content));
console.log(await runner.finalContent());
