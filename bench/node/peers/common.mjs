// What all clients are given, and what the driver asks of them.
//
// Law: each client is used as its own documentation shows, and the loops that are measured are written out in its module. The modules
// run in Node and, those of trilogue and openai, in a page.
//
// A client is `make(url)`, which gives an object of: `stream(model)` reads the text of each chunk and gives how many had one;
// `text(model)` reads the texts alone, where there is a shorter way to them; `whole(model)` gives the length of a reply that isn't
// streamed; `open(model)` and `says(item)` serve the time to the first text; `partials(model, mode)` reads a partial value at each
// delta, of a `tool` or of `json`, and gives how many there were and the items of the last. One that is missing can't be done.

/** Sent with every request. */
export const messages = [{ role: "user", content: "Hello" }];
/** The server doesn't look at it. */
export const apiKey = "sk-bench";

/** What the streamed report looks like. */
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

/** The same for clients that are told types by zod. */
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

/** Counts partial reports, and reads each as little as a program would. */
export class Seen {
	partials = 0;
	items = 0;

	read(value) {
		if (value == null) return;
		this.partials += 1;
		this.items = value.items?.length ?? 0;
	}
}
