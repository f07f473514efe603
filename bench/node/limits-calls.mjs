// Makes many calls at once against a server with a limit, and returns their waits, in Node and in pages.
//
// There are `width` calls; with `seconds` above 0, each is followed by another one until then. The wait of a call is the time until its answer,
// less the server's `delay` in seconds.

const messages = [{ role: "user", content: "Hello" }];

export async function makeCalls(client, { width, seconds, delay }) {
	const waits = [];
	let failed = 0;
	const fail = (why) => {
		if (failed === 0) console.error(why);
		failed++;
	};
	const started = performance.now();
	const caller = async () => {
		do {
			const begun = performance.now();
			try {
				await client.chat.completions.create({ model: "m", messages });
				waits.push((performance.now() - begun) / 1e3 - delay);
			} catch (error) {
				fail(error);
			}
		} while (performance.now() - started < seconds * 1e3);
	};
	await Promise.all(Array.from({ length: width }, caller));
	const { in_flight, queued } = client.limits;
	if (in_flight || queued) fail("left behind");
	waits.sort((left, right) => left - right);
	return { failed, median: waits[Math.floor(waits.length / 2)], longest: waits.at(-1) };
}
