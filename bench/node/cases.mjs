// The cases, in Node and in a page.
//
// Invariant: received items are counted, so that a client that loses a chunk has no result. The caller passes the function that measures:
// `measured(work)` returns `{ value, cpu, wall }`, in seconds.

const median = (sorted) => (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;

function expect(seen, wanted) {
	if (seen !== wanted) throw new Error(`saw ${seen} of ${wanted}`);
}

/** One long stream: `chunks`, `per`, `padded`; `read` chunks or text. */
async function stream(peer, given, measured) {
	const count = Number(given.chunks);
	const read = given.read === "text" && peer.text ? "text" : "stream";
	const go = (chunks) => peer[read](`chunks=${chunks},per=${given.per},padded=${given.padded ?? 0}`);
	await go(Math.min(count, 2000));
	const { value, cpu, wall } = await measured(() => go(count));
	expect(value, count);
	return { cpu_us: (cpu / count) * 1e6, wall_us: (wall / count) * 1e6 };
}

/** Many streams at once: `streams`, `chunks` of each, `delay` in milliseconds. */
async function together(peer, given, measured, memory) {
	const [streams, chunks] = [Number(given.streams), Number(given.chunks)];
	const model = `chunks=${chunks},delay=${given.delay}`;
	await peer.stream("chunks=2000");
	const before = memory().now;
	const every = () => Promise.all(Array.from({ length: streams }, () => peer.stream(model)));
	const { value, cpu, wall } = await measured(every);
	for (const seen of value) expect(seen, chunks);
	const total = streams * chunks;
	return {
		cpu_us: (cpu / total) * 1e6,
		wall_us: (wall / total) * 1e6,
		kb_a_stream: (memory().most - before) / streams,
	};
}

/** Calls that are not streamed: `count` of them, `width` in flight. */
async function whole(peer, given, measured) {
	const width = Number(given.width);
	const each = Math.floor(given.count / width);
	const worker = async () => {
		for (let done = 0; done < each; done++) await peer.whole("chunks=64");
	};
	const go = () => Promise.all(Array.from({ length: width }, worker));
	await go();
	const { cpu, wall } = await measured(go);
	return { cpu_us: (cpu / each / width) * 1e6, wall_us: (wall / each / width) * 1e6 };
}

/** The time from the call to the first text over kept connections, `count` times. */
async function first(peer, given) {
	const count = Number(given.count);
	const go = async () => {
		const start = performance.now();
		let first = 0;
		for await (const item of await peer.open("chunks=4")) {
			if (!first && peer.says(item)) first = performance.now() - start;
		}
		return first * 1e3;
	};
	for (let done = 0; done < count / 4; done++) await go();
	const times = [];
	for (let done = 0; done < count; done++) times.push(await go());
	times.sort((one, other) => one - other);
	return { first_us: median(times), ninth_tenth_us: times[Math.floor(count * 0.9)] };
}

/** A partial value read at each delta: `kb` of JSON as a `tool` or as `json`. */
async function partials(peer, given, measured) {
	const { mode } = given;
	await peer.partials(`${mode}=2048,per=16`, mode);
	const { value, cpu, wall } = await measured(() => peer.partials(`${mode}=${given.kb * 1024},per=16`, mode));
	return { cpu_s: cpu, wall_s: wall, partials: value.partials, items: value.items };
}

export const cases = { stream, together, whole, first, partials };
