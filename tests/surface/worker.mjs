// In a page: starts a worker, which runs this script too. In the worker: runs the tests of the surface.

const { search } = new URL(import.meta.url);
if (globalThis.document) {
	const worker = new Worker(`/surface/worker.mjs${search}`, { type: "module" });
	const show = (outcome) => {
		document.body.appendChild(document.createElement("output")).textContent = JSON.stringify(outcome);
	};
	worker.onmessage = ({ data }) => show(data);
	worker.onerror = ({ message }) => show({ passed: 0, failed: 1, failures: [`the worker failed: ${message}`] });
} else {
	const unheard = [];
	addEventListener("unhandledrejection", ({ reason }) => unheard.push(`worker: nobody heard of ${reason?.stack ?? reason}`));
	addEventListener("error", ({ error, message }) => unheard.push(`worker: nobody could catch ${error?.stack ?? message}`));
	const trilogue = await import("/project/node_modules/trilogue/dist/browser.mjs");
	const { runAll } = await import("./cases.mjs");
	const { passed, failed, failures } = await runAll("worker", trilogue, search.slice(1), globalThis.gc);
	await new Promise((ready) => setTimeout(ready, 20));
	self.postMessage({ passed, failed: failed + unheard.length, failures: [...failures, ...unheard] });
}
