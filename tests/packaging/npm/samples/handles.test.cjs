// A test for Jest: calls and streams that end, of a client that logs. Jest must find no open handle after it.

const { Client } = require("trilogue");

test("a call and a stream", async () => {
	const logger = { error: jest.fn(), warn: jest.fn(), info: jest.fn(), debug: jest.fn() };
	const client = new Client({ baseURL: process.env.SAMPLE_URL, logLevel: "debug", logger });
	const ask = { model: "m", messages: [{ role: "user", content: "Hi" }] };
	const stream = await client.chat.completions.create({ ...ask, stream: true });
	expect((await stream.final()).choices[0].message.content).toBe("Hello!");
	for await (const _ of client.chat.completions.stream(ask)) break;
	expect(logger.debug).toHaveBeenCalled();
});
