import { type Finding, fine, problem } from "../finding.ts";

const [neededMajor, neededMinor] = [20, 19] as const;

/** The packages need a Node.js of this age. */
export function checkNodeVersion(_?: unknown, version = process.versions.node): Finding {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const isNew = major > neededMajor || (major === neededMajor && minor >= neededMinor);
  const needed = `${neededMajor}.${neededMinor}`;
  return isNew
    ? fine(`Node.js ${version}`)
    : problem(`Node.js ${version} is too old`, `Install Node.js ${needed} or later.`);
}
