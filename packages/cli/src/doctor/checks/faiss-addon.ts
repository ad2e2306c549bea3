import { findFaissNode } from "../../build-faiss/provide-addon.mjs";
import { tryAddon } from "../../build-faiss/try-addon.mjs";
import { ownFolder } from "../application.ts";
import { type Finding, fine, problem, type Surroundings } from "../finding.ts";

/** The addon of faiss-node, which need not be there. */
export function checkFaissAddon({ application }: Surroundings): Finding {
  const folder = findFaissNode(application.path) ?? findFaissNode(ownFolder);
  if (!folder) return fine("faiss-node is not installed: the built-in engine searches exactly");
  const { works, reason } = tryAddon(folder, folder);
  if (works) return fine(`faiss-node loads: ${folder}`);
  return problem(
    `faiss-node is installed, but does not load: ${reason.replace(/\. Tried:$/, "")}`,
    "Run `npx embeddinggemma build-faiss`. Or uninstall it: the built-in engine searches exactly.",
  );
}
