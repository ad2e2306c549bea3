import { createElement } from "react";
import { search } from "../search.mjs";

export const dynamic = "force-dynamic";

export default async function Page() {
  return createElement("p", null, await search("Which planet is red?"));
}
