// In a page: runs a function of the wasm module, and shows its outcome as JSON in `#outcome`. The query is `FUNCTION=SERVER`.

import init, * as tests from "/pages/trilogue_test_page.js";

/** The functions of JavaScript that a scenario gives to a model. */
globalThis.testFunctions = {
	weather: ({ city }) => Promise.resolve({ city, degrees: 7 }),
	broken: () => {
		throw new TypeError("no power");
	},
};

async function run() {
	const [[name, server]] = new URL(import.meta.url).searchParams;
	await init();
	return tests[name](server);
}

const failed = (error) => ({ passed: 0, failed: 1, failures: [String(error?.stack ?? error)] });
const outcome = document.createElement("pre");
outcome.textContent = JSON.stringify(await run().catch(failed));
outcome.id = "outcome";
document.body.append(outcome);
