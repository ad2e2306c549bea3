import { PickledDict, PickledGlobal, type PickledObject } from "./pickled-values.ts";
import { bytesOf } from "./python-bytes.ts";
import { dateReaders } from "./python-dates.ts";
import { numpyReaders } from "./python-numpy.ts";
import { pandasReaders } from "./python-pandas.ts";
import { pathReaders } from "./python-paths.ts";
import { complexText, type Readers } from "./python-readers.ts";

/**
 * What an object of Python is as data: a text, a number, a list, a dict and so on, which may
 * contain further objects. Only the classes in the tables are known. They are read here, and never
 * looked up by name.
 *
 * @returns undefined if the class is not known, or its arguments are not as Python writes them
 */
export function pythonValue(object: PickledObject | PickledGlobal): unknown {
  if (object instanceof PickledGlobal) return constants.get(object.name);
  const read = readers.get(object.className);
  return object.keywords === undefined ? read?.(object) : undefined;
}

const plainReaders: Readers = {
  "_codecs.encode": bytesOf,
  "builtins.bytes": bytesOf,
  "builtins.bytearray": bytesOf,
  "builtins.complex": ({ args: [real, imaginary] }) =>
    typeof real === "number" && typeof imaginary === "number"
      ? complexText(real, imaginary)
      : undefined,
  "builtins.set": ({ args, state }) => (state === undefined ? listOf(args) : undefined),
  "builtins.frozenset": ({ args, state }) => (state === undefined ? listOf(args) : undefined),
  "collections.deque": ({ args, items = [], state }) => {
    const list = listOf(args.slice(0, 1));
    return state === undefined && list ? [...list, ...items] : undefined;
  },
  "collections.OrderedDict": ({ args: [pairs = []], entries, state }) => {
    if (!Array.isArray(pairs) || !pairs.every(isPair) || !isEmpty(state)) return undefined;
    return new PickledDict([...pairs.flat(), ...(entries?.items ?? [])]);
  },
  "collections.defaultdict": ({ entries = new PickledDict(), state }) =>
    isEmpty(state) ? entries : undefined,
  "collections.Counter": ({ args: [counts = new PickledDict()], state }) =>
    counts instanceof PickledDict && isEmpty(state) ? counts : undefined,
  "types.SimpleNamespace": ({ state = new PickledDict() }) =>
    state instanceof PickledDict ? state : undefined,
  "decimal.Decimal": ({ args: [text] }) => decimal(text),
  "fractions.Fraction": ({ args: [numerator, denominator] }) => {
    if (typeof numerator === "string") return numerator;
    if (!isInteger(numerator) || !isInteger(denominator)) return undefined;
    return Number(denominator) === 1 ? String(numerator) : `${numerator}/${denominator}`;
  },
  "uuid.UUID": ({ state }) => {
    const integer = state instanceof PickledDict ? state.toMap().get("int") : undefined;
    if (!isInteger(integer) || integer < 0) return undefined;
    const digits = integer.toString(16).padStart(32, "0");
    return digits.length === 32 ? digits.replace(uuidParts, "$1-$2-$3-$4-$5") : undefined;
  },
};

const uuidParts = /^(.{8})(.{4})(.{4})(.{4})(.{12})$/;

/**
 * Subclasses of `str`, `int` and `float` that loaders of LangChain put into metadata. Their state
 * is the document around them.
 */
const valueClasses = [
  "bs4.element.NavigableString",
  "pypdf.generic._base.FloatObject",
  "pypdf.generic._base.NameObject",
  "pypdf.generic._base.NumberObject",
  "pypdf.generic._base.TextStringObject",
];

const readers: ReadonlyMap<string, (object: PickledObject) => unknown> = new Map([
  ...Object.entries(plainReaders),
  ...Object.entries(pathReaders),
  ...Object.entries(dateReaders),
  ...Object.entries(numpyReaders),
  ...Object.entries(pandasReaders),
  ...valueClasses.map((name): [string, (object: PickledObject) => unknown] => [
    name,
    ({ args: [value] }) => (["string", "number"].includes(typeof value) ? value : undefined),
  ]),
]);

const constants: ReadonlyMap<string, unknown> = new Map([
  ["pandas._libs.missing.NA", null],
  ["pandas.NA", null],
]);

/**
 * A number if it has all digits of the decimal, otherwise its text. What is no number is as in
 * floats.
 */
function decimal(text: unknown): unknown {
  if (typeof text !== "string") return undefined;
  const special = /^([+-]?)(?:(inf(?:inity)?)|s?nan\d*)$/i.exec(text);
  if (special) return special[2] ? Number(`${special[1]}Infinity`) : Number.NaN;
  const parts = /^[+-]?(\d*)\.?(\d*)(?:e[+-]?\d+)?$/i.exec(text);
  if (!parts || !(parts[1] || parts[2])) return undefined;
  const digits = `${parts[1]}${parts[2]}`.replace(/^0+|0+$/g, "");
  const number = Number(text);
  if (digits === "") return 0;
  return digits.length <= exactDigits && isNormal(number) ? number : text;
}

/** So many digits of a decimal come back from a number. */
const exactDigits = 15;

/** Closer to zero, numbers have fewer digits. */
function isNormal(number: number): boolean {
  return Number.isFinite(number) && Math.abs(number) >= 2 ** -1022;
}

function listOf([list = []]: readonly unknown[]): unknown[] | undefined {
  return Array.isArray(list) ? list : undefined;
}

function isPair(pair: unknown): boolean {
  return Array.isArray(pair) && pair.length === 2;
}

/** Subclasses and objects with attributes of their own have a state. */
function isEmpty(state: unknown): boolean {
  return state === undefined || (state instanceof PickledDict && state.items.length === 0);
}

function isInteger(value: unknown): value is number | bigint {
  return typeof value === "bigint" || Number.isSafeInteger(value);
}
