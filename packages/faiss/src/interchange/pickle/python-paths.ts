import type { PickledObject } from "./pickled-values.ts";
import type { Readers } from "./python-readers.ts";

const modules = ["pathlib", "pathlib._local"];

/** Paths, as Python's `str` writes them. The parts may be as the user gave them. */
export const pathReaders: Readers = Object.fromEntries(
  modules.flatMap((module) => [
    ...["PosixPath", "PurePosixPath"].map((name) => [`${module}.${name}`, reader(posixPath)]),
    ...["WindowsPath", "PureWindowsPath"].map((name) => [`${module}.${name}`, reader(windowsPath)]),
  ]),
);

function reader(join: (parts: string[]) => string): (object: PickledObject) => unknown {
  return ({ args }) =>
    args.every((part): part is string => typeof part === "string") ? join([...args]) : undefined;
}

function posixPath(parts: string[]): string {
  const start = parts.findLastIndex((part) => part.startsWith("/"));
  // Two slashes are kept, one or three are one.
  const root = start < 0 ? "" : (/^\/\/(?!\/)|^\//.exec(parts[start]!)![0] as string);
  const steps = parts.slice(Math.max(start, 0)).flatMap((part) => stepsOf(part, "/"));
  return root + steps.join("/") || ".";
}

function windowsPath(parts: string[]): string {
  let drive = "";
  let root = "";
  let steps: string[] = [];
  for (const part of parts.map((text) => text.replaceAll("/", "\\"))) {
    const [start] = /^(?:\\\\[^\\]+\\[^\\]+|[a-z]:)?/i.exec(part)!;
    const rest = part.slice(start.length);
    const isAbsolute = rest.startsWith("\\") || start.startsWith("\\");
    if (isAbsolute || (start !== "" && start.toLowerCase() !== drive.toLowerCase())) {
      root = isAbsolute ? "\\" : "";
      steps = [];
    }
    drive = start || drive;
    steps.push(...stepsOf(rest, "\\"));
  }
  return drive + root + steps.join("\\") || ".";
}

function stepsOf(path: string, separator: string): string[] {
  return path.split(separator).filter((step) => step !== "" && step !== ".");
}
