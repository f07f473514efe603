// A page with React: a chat's answer, drawn as it comes.

import { useEffect, useState } from "react";
import { createRoot } from "react-dom/client";
import { Client } from "trilogue";

function Chat({ baseURL }) {
	const [text, setText] = useState("");
	const [isDone, setDone] = useState(false);
	useEffect(() => {
		const client = new Client({ baseURL });
		const stream = client.chat.completions.stream({ model: "m", messages: [{ role: "user", content: "Hi" }] });
		(async () => {
			for await (const event of stream) if (event.type === "content.delta") setText((before) => before + event.delta);
			setDone(true);
		})().catch((error) => setText(`${error}`));
		return () => stream.close();
	}, [baseURL]);
	return isDone ? <output>{text}</output> : <p>{text}</p>;
}

const { content } = document.querySelector("meta[name=endpoint]");
createRoot(document.body.appendChild(document.createElement("main"))).render(<Chat baseURL={content} />);
