"use client";

import { useEffect, useState } from "react";
import { answer } from "../answer.js";

export default function Chat({ baseURL }) {
	const [text, setText] = useState("");
	useEffect(() => {
		answer(baseURL).then(setText, (error) => setText(`${error}`));
	}, [baseURL]);
	return text ? <output>{text}</output> : null;
}
