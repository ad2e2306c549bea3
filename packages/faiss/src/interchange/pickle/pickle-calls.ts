import { type PickledDict, PickledGlobal, PickledObject } from "./pickled-values.ts";

/** The names that Python 2, and the protocols for it, have for modules. */
const renamedModules: [before: string, now: string][] = [
  ["__builtin__.", "builtins."],
  ["copy_reg.", "copyreg."],
];

export function globalNamed(name: string): PickledGlobal {
  for (const [before, now] of renamedModules)
    if (name.startsWith(before)) return new PickledGlobal(now + name.slice(before.length));
  return new PickledGlobal(name);
}

/**
 * Describes what Python would get from a call. Python itself pickles an attribute of a class, and
 * an object without a constructor, as a call of a helper. These are described as what they are.
 */
export function describeCall(
  callee: PickledGlobal | PickledObject,
  args: readonly unknown[],
  keywords: PickledDict | undefined,
): PickledGlobal | PickledObject {
  if (callee instanceof PickledObject)
    return new PickledObject(callee.className, [...callee.args, ...args], keywords);
  const [first, second, ...others] = args;
  if (first instanceof PickledGlobal) {
    if (callee.name === "builtins.getattr" && typeof second === "string")
      return new PickledGlobal(`${first.name}.${second}`);
    if (callee.name === "copyreg._reconstructor") {
      const base = second instanceof PickledGlobal ? second.name : undefined;
      return new PickledObject(first.name, base === "builtins.object" ? [] : others);
    }
    if (callee.name === "copyreg.__newobj__")
      return new PickledObject(first.name, args.slice(1), keywords);
  }
  return new PickledObject(callee.name, args, keywords);
}

/** Modules whose functions reach the system. No metadata have objects of them. */
const systemModules = new Set(
  (
    "_pickle _posixsubprocess bdb cProfile code codeop commands ctypes importlib marshal nt os " +
    "pdb pickle pip posix profile pty runpy shutil subprocess sys timeit trace webbrowser"
  ).split(" "),
);

/** Functions of other modules that run code or change something. */
const harmfulFunctions = new Set(
  (
    "__import__ apply breakpoint compile delattr eval exec execfile exit globals input locals " +
    "open quit setattr vars"
  )
    .split(" ")
    .map((name) => `builtins.${name}`),
);

/**
 * Whether a call of this name can only be meant to do harm. It decides about the error alone:
 * nothing else is called either.
 */
export function runsCode(name: string): boolean {
  return harmfulFunctions.has(name) || systemModules.has(name.slice(0, name.indexOf(".")));
}
