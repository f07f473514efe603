// Shows in an element what a worker tells.

export function show(worker) {
	const result = document.createElement("output");
	const tell = (text) => {
		result.textContent = text;
		document.body.append(result);
	};
	worker.onerror = ({ message }) => tell(`the worker failed: ${message}`);
	worker.onmessage = ({ data }) => {
		if (data === "ready") worker.postMessage(document.querySelector("meta[name=endpoint]").content);
		else tell(data);
	};
}
