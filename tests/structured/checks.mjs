// A request of each format, and comparisons that fail with an error, for all cases.
//
// Uses only what all runtimes have.

export const ask = { model: "m", messages: [{ role: "user", content: "Hi" }] };
export const message = { ...ask, max_tokens: 100 };

export function equal(actual, expected, what = "value") {
	const [is, shall] = [JSON.stringify(actual), JSON.stringify(expected)];
	if (is !== shall) throw new Error(`the ${what} is ${is}, expected ${shall}`);
}

export function ok(condition, what) {
	if (!condition) throw new Error(what);
}

export async function fails(promise, name, ...parts) {
	const error = await Promise.resolve(promise).then(
		(value) => new Error(`no ${name}, but ${JSON.stringify(value)}`),
		(why) => why,
	);
	equal(error.name, name, `error (${error.message})`);
	for (const part of parts) ok(error.message.includes(part), `${JSON.stringify(error.message)} lacks ${part}`);
	return error;
}

export async function all(iterable) {
	const items = [];
	for await (const item of iterable) items.push(item);
	return items;
}
