import { search } from "../../search.mjs";

export async function GET(request) {
  return Response.json(await search(request.nextUrl.searchParams.get("question")));
}
