import { answer } from "../../answer.js";

export const runtime = "edge";
export const dynamic = "force-dynamic";

export async function GET() {
	return new Response(await answer(process.env.SAMPLE_URL));
}
