import { answer } from "../../answer.js";

export async function loader() {
	return new Response(await answer(process.env.SAMPLE_URL));
}
