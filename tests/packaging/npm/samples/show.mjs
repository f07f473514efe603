// Shows a worker's answer to a message that is posted as early as possible in an element.

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
