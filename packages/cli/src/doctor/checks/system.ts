import { type Finding, fine, problem } from "../finding.ts";

/** The systems that ONNX Runtime has a library for. */
const supported = ["linux x64", "linux arm64", "win32 x64", "win32 arm64", "darwin arm64"];

interface Machine {
  readonly platform: string;
  readonly arch: string;
  /** Version of glibc; undefined on systems without it. */
  readonly glibc: string | undefined;
}

/** ONNX Runtime has no library for some systems, such as Alpine Linux. */
export function checkSystem(_?: unknown, machine = thisMachine()): Finding {
  const { platform, arch, glibc } = machine;
  const name = `${platform} ${arch}`;
  if (!supported.includes(name)) {
    return problem(
      `ONNX Runtime has no library for ${name}`,
      `It runs on ${supported.join(", ")}. Elsewhere, embed on a server: --url.`,
    );
  }
  if (platform !== "linux") return fine(name);
  if (glibc !== undefined) return fine(`${name}, glibc ${glibc}`);
  return problem(
    `${name} without glibc, as in Alpine Linux: ONNX Runtime has no library for musl`,
    "Use an image with glibc, such as node:22-bookworm-slim.",
  );
}

function thisMachine(): Machine {
  const { platform, arch, report } = process;
  Object.assign(report, { excludeNetwork: true }); // Or it looks up the names of all hosts.
  const { header } = report.getReport() as { header?: { glibcVersionRuntime?: string } };
  return { platform, arch, glibc: header?.glibcVersionRuntime };
}
