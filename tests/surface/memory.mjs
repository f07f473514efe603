// In a page: 10,000 streams that end in every possible way, then another 10,000. Shows the size of the wasm memory after each.
//
// Keeps no references itself. The driver clicks the button after it has measured.

const memories = [];
const { instantiateStreaming } = WebAssembly;
WebAssembly.instantiateStreaming = async (...given) => {
	const result = await instantiateStreaming.apply(WebAssembly, given);
	memories.push(result.instance.exports.memory);
	return result;
};
const { Client } = await import("/project/node_modules/trilogue/dist/browser.mjs");
const server = new URL(import.meta.url).search.slice(1);
const client = new Client({ baseURL: `${server}/v/message/whole/memory`, maxRetries: 0 });
const body = { model: "m", max_tokens: 9, messages: [{ role: "user", content: "Hi" }] };
const endings = [
	async () => {
		for await (const _ of await client.messages.create({ ...body, stream: true }));
	},
	async () => {
		for await (const _ of client.messages.stream(body)) break;
	},
	async () => client.messages.stream(body).finalText(),
	async () => {
		const stream = await client.messages.create({ ...body, stream: true });
		stream.controller.abort();
		await stream.next().catch(() => undefined);
	},
];

const button = document.body.appendChild(document.createElement("button"));
button.textContent = "on";
for (const round of ["first", "second"]) {
	let left = 10_000;
	const worker = async () => {
		while (left > 0) {
			left -= 1;
			await endings[left % endings.length]();
		}
	};
	await Promise.all(Array.from({ length: 6 }, worker));
	// Aborted requests end a little later.
	await new Promise((ready) => setTimeout(ready, 1000));
	const result = document.body.appendChild(document.createElement("output"));
	result.id = round;
	result.textContent = memories[0].buffer.byteLength;
	await new Promise((looked) => button.addEventListener("click", looked, { once: true }));
}
