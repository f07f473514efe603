import { answer } from "../../answer.js";

export async function load() {
	const baseURL = process.env.SAMPLE_URL;
	return { baseURL, text: await answer(baseURL) };
}
