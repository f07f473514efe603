// The tests of structured output and tools in JavaScript: the same files run in Node and in a page.
//
// Uses the installed package, which is passed as a value, over a real socket, and nothing else but `fetch`.

import { answers } from "./answers.mjs";
import { toolRuns } from "./tool-runs.mjs";

/**
 * Runs every case. Returns the counts and the failures. `libraries`: a schema of a city in each schema library; `lists`: of
 * `{items: [{name, size?}]}`.
 */
export async function runAll(runtime, trilogue, server, libraries, lists) {
	const failures = [];
	let passed = 0;
	for (const [name, run] of Object.entries({ ...answers, ...toolRuns })) {
		const nonce = (scenario) => `${runtime}-${name.replaceAll(/[^a-z]+/gi, "-")}-${scenario}`;
		const client = (scenario) =>
			new trilogue.Client({ baseURL: `${server}/v/${scenario}/random/${nonce(scenario)}`, maxRetries: 0 });
		const bodies = async (scenario) => {
			const log = await (await fetch(`${server}/log/${nonce(scenario)}`)).json();
			return log.map((entry) => entry.body);
		};
		let timer;
		try {
			const late = new Promise((_, reject) => {
				timer = setTimeout(reject, 20_000, new Error("took too long"));
			});
			await Promise.race([run({ trilogue, client, bodies, libraries, lists }), late]);
			passed += 1;
		} catch (error) {
			failures.push(`${runtime}: ${name}: ${error?.stack ?? error}`);
		} finally {
			clearTimeout(timer);
		}
	}
	return { passed, failed: failures.length, failures };
}
