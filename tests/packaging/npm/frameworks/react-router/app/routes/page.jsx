import { useEffect, useState } from "react";
import { answer } from "../../answer.js";

export async function loader() {
	const baseURL = process.env.SAMPLE_URL;
	return { baseURL, text: await answer(baseURL) };
}

export default function Page({ loaderData: { baseURL, text } }) {
	const [inPage, setInPage] = useState("");
	useEffect(() => {
		answer(baseURL).then(setInPage, (error) => setInPage(`${error}`));
	}, [baseURL]);
	return (
		<main>
			<p id="server">{text}</p>
			{inPage ? <output>{inPage}</output> : null}
		</main>
	);
}
