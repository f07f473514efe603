// The page of the chat. Build it with `esbuild page.jsx --bundle --jsx=automatic --outfile=page.js`.

import { useChat } from "@ai-sdk/react";
import { useState } from "react";
import { createRoot } from "react-dom/client";

/** A part of a message: a text, or the model's reasoning. */
function Part({ part: { type, text } }) {
	if (type === "text") return <p>{text}</p>;
	return type === "reasoning" ? <details>{text}</details> : null;
}

function Chat() {
	const { messages, sendMessage, status, stop, error } = useChat();
	const [text, setText] = useState("");
	const send = (event) => {
		event.preventDefault();
		sendMessage({ text });
		setText("");
	};
	return (
		<main>
			{messages.map(({ id, role, parts }) => (
				<article key={id} className={role}>
					{parts.map((part, index) => (
						<Part key={`${id}-${index}`} part={part} />
					))}
				</article>
			))}
			{error ? <p role="alert">{error.message}</p> : null}
			<form onSubmit={send}>
				<input value={text} onChange={({ target }) => setText(target.value)} aria-label="Message" />
				{status === "ready" ? <button type="submit">Send</button> : <button type="button" onClick={stop}>Stop</button>}
			</form>
		</main>
	);
}

createRoot(document.body.appendChild(document.createElement("div"))).render(<Chat />);
