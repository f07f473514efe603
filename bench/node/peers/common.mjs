// Constants that all clients use, and the interface that the driver expects of a client.
//
// Invariant: each client is used as its own documentation shows, and the measured loops are in its module. The modules run in Node; those of
// trilogue and openai also run in a page.
//
// A client is `make(url)`, which returns an object with these functions; a missing one is not measured. `stream(model)` reads the text of each
// chunk and returns how many chunks had one. `text(model)` reads only the texts, if the client has an interface for them. `whole(model)`
// returns the length of a reply that is not streamed. `open(model)` and `says(item)` are for the time to the first text. `partials(model, mode)`
// reads a partial value at each delta, of a `tool` or of `json`, and returns their number and the items of the last one.

/** Sent with every request. */
export const messages = [{ role: "user", content: "Hello" }];
/** The server ignores it. */
export const apiKey = "sk-bench";

/** The schema of the streamed report. */
export const schema = {
	type: "object",
	properties: {
		title: { type: "string" },
		items: {
			type: "array",
			items: {
				type: "object",
				properties: {
					id: { type: "integer" },
					name: { type: "string" },
					qty: { type: "integer" },
					price: { type: "number" },
					active: { type: "boolean" },
					tags: { type: "array", items: { type: "string" } },
					note: { type: "string" },
				},
				required: ["id", "name", "qty", "price", "active", "tags", "note"],
				additionalProperties: false,
			},
		},
	},
	required: ["title", "items"],
	additionalProperties: false,
};

/** The same schema for clients that take types from zod. */
export async function zodSchema() {
	const { z } = await import("zod");
	const item = z.object({
		id: z.number(),
		name: z.string(),
		qty: z.number(),
		price: z.number(),
		active: z.boolean(),
		tags: z.array(z.string()),
		note: z.string(),
	});
	return z.object({ title: z.string(), items: z.array(item) });
}

/** Counts partial reports, and reads the number of items of each. */
export class Seen {
	partials = 0;
	items = 0;

	read(value) {
		if (value == null) return;
		this.partials += 1;
		this.items = value.items?.length ?? 0;
	}
}
