// Shows in an element what a worker answers to a message that comes as early as possible.

export function show(worker) {
	const result = document.createElement("output");
	const display = (text) => {
		result.textContent = text;
		document.body.append(result);
	};
	worker.onerror = ({ message }) => display(`the worker failed: ${message}`);
	worker.onmessage = ({ data }) => display(data);
	worker.postMessage(document.querySelector("meta[name=endpoint]").content);
}
