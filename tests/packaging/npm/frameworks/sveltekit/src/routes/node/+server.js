import { answer } from "../../../answer.js";

export async function GET() {
	return new Response(await answer(process.env.SAMPLE_URL));
}
