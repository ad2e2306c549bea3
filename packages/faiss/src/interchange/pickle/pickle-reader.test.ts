import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FaissStoreError } from "../../errors.ts";
import { FaissStore } from "../../faiss-store.ts";
import { flatHeader } from "../../files/vector-file.ts";
import { assertWithin } from "../../testing/assert-within.ts";
import { expectTyped } from "../../testing/expect-sound.ts";
import { readPickle } from "./pickle-reader.ts";
import { PickledJson } from "./pickled-json.ts";

const fixtures = join(import.meta.dirname, "../../../../../test/fixtures/faiss");
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "faiss-pickle-"));
  await cp(join(fixtures, "langchain-python"), folder, { recursive: true });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

type Piece = string | Buffer;

/** Joins opcodes (strings) and parts of a pickle. */
function pickle(...pieces: Piece[]): Buffer {
  return Buffer.concat(
    pieces.map((piece) => (typeof piece === "string" ? Buffer.from(piece, "latin1") : piece)),
  );
}

function text(value: string): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(Buffer.byteLength(value));
  return pickle("X", length, Buffer.from(value));
}

function instance(name: string, state: Buffer): Buffer {
  const [, module, className] = /(.*)\.(\w+)$/.exec(name)!;
  return pickle(text(module!), text(className!), "\x93)\x81", state, "b");
}

function dict(entries: [Piece, Piece][]): Buffer {
  return pickle("}(", ...entries.flat(), "u");
}

function document(content: Piece, metadata: Piece): Buffer {
  const fields = dict([
    [text("page_content"), content],
    [text("metadata"), metadata],
  ]);
  const state = dict([[text("__dict__"), fields]]);
  return instance("langchain_core.documents.base.Document", state);
}

const docstoreClass = "langchain_community.docstore.in_memory.InMemoryDocstore";

/** `index.pkl` as LangChain for Python writes it. */
function docstore(documents: [Piece, Piece][], mapping: [Piece, Piece][]): Buffer {
  const state = dict([[text("_dict"), dict(documents)]]);
  return pickle("\x80\x04", instance(docstoreClass, state), dict(mapping), "\x86.");
}

function withMetadata(metadata: Piece): Buffer {
  return docstore([[text("a"), document(text("text"), metadata)]], [["K\0", text("a")]]);
}

/**
 * A tuple whose last item is a list with two references to a list with two references, and so on.
 */
function doubling(levels: number): Buffer {
  const level = (key: number) => pickle("](", `h${char(key)}h${char(key)}e`, `q${char(key + 1)}`);
  const lists = Array.from({ length: levels }, (_, position) => level(position));
  return pickle("(", text("x"), "q\0", ...lists, "t");
}

/** A call with one argument. */
function call(name: string, argument: Piece): Buffer {
  const [, module, className] = /(.*)\.(\w+)$/.exec(name)!;
  return pickle(`c${module}\n${className}\n`, argument, "\x85R");
}

/** A list with a value, which it stores under the key 1, and 10,000 times another one. */
function many(value: Piece, item: Piece): Buffer {
  return pickle("](", value, "q\x01", ...range(10_000).map(() => item), "e");
}

/** A call with a list of the value under a key, twice. It is stored under the next key. */
function twice(name: string, key: number): Buffer {
  return pickle(call(name, `](h${char(key)}h${char(key)}e`), `q${char(key + 1)}`);
}

/** An array of NumPy with bytes as values. */
function array(data: Piece, shape: Piece): Buffer {
  const byte = pickle(
    "cnumpy\ndtype\n",
    text("u1"),
    "\x89\x88\x87R(K\x03",
    text("|"),
    "NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tb",
  );
  return pickle("cnumpy._core.numeric\n_frombuffer\n(", data, byte, shape, text("C"), "tR");
}

function int(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return pickle("J", bytes);
}

function binary(content: string): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(content.length);
  return pickle("B", length, content);
}

const range = (count: number) => Array.from({ length: count }, (_, position) => position);

const char = String.fromCharCode;
const million = "x".repeat(1_000_000);

describe("a pickle that is made to exhaust its reader", () => {
  const bombs: [string, Buffer, string][] = [
    ["lists that double", withMetadata(doubling(60)), "UNSAFE_FILE"],
    ["lists that double, 200 levels", withMetadata(doubling(200)), "UNSAFE_FILE"],
    [
      "lists that double, in a value",
      withMetadata(dict([[text("a"), doubling(80)]])),
      "UNSAFE_FILE",
    ],
    ["a key that doubles", withMetadata(dict([[doubling(60), "N"]])), "FILE_DAMAGED"],
    ["an id that doubles", docstore([[doubling(60), "N"]], []), "FILE_DAMAGED"],
    ["a class name that doubles", pickle(doubling(60), "h\x3c\x93."), "FILE_DAMAGED"],
    ["a row number that doubles", docstore([], [[doubling(60), text("a")]]), "FILE_DAMAGED"],
    ["a row's id that doubles", docstore([], [["K\0", doubling(60)]]), "FILE_DAMAGED"],
    [
      "a long string, 50,000 times",
      withMetadata(pickle("](", text(million), "q\0", "h\0".repeat(50_000), "e")),
      "UNSAFE_FILE",
    ],
    [
      "a long key, 50,000 times",
      withMetadata(pickle("](", text(million), "q\x01", "}h\x01Ns".repeat(50_000), "e")),
      "UNSAFE_FILE",
    ],
    [
      "one document under many ids",
      docstore(
        [
          [text("a"), pickle(document(text(million), "}"), "q\0")],
          ...Array.from({ length: 50_000 }, (_, id): [Piece, Piece] => [text(`b${id}`), "h\0"]),
        ],
        [["K\0", text("a")]],
      ),
      "UNSAFE_FILE",
    ],
    [
      "paths of a long name, 10,000 times",
      withMetadata(many(text(million), call("pathlib.PosixPath", "h\x01"))),
      "UNSAFE_FILE",
    ],
    [
      "short paths of long names",
      withMetadata(many(text("/".repeat(100_000)), call("pathlib.PosixPath", "h\x01"))),
      "UNSAFE_FILE",
    ],
    [
      "zeros of many digits",
      withMetadata(many(text("0".repeat(100_000)), call("decimal.Decimal", "h\x01"))),
      "UNSAFE_FILE",
    ],
    [
      "keys that are zeros of many digits",
      withMetadata(
        many(text("0".repeat(100_000)), pickle("}", call("decimal.Decimal", "h\x01"), "Ns")),
      ),
      "UNSAFE_FILE",
    ],
    [
      "identifiers that share a large state",
      withMetadata(
        many(
          dict([
            [text("int"), "K\x01"],
            ...range(10_000).map((key): [Piece, Piece] => [int(key), "N"]),
          ]),
          "cuuid\nUUID\n)\x81h\x01b",
        ),
      ),
      "UNSAFE_FILE",
    ],
    [
      "dates in a time zone with a large state",
      withMetadata(
        many(
          pickle(
            "cdateutil.tz.tz\ntzoffset\n(NK\0tR",
            dict(range(10_000).map((key): [Piece, Piece] => [int(key), "N"])),
            // Not an item of the list.
            "bq\x020N",
          ),
          pickle("cdatetime\ndatetime\nC\x0a\x07\xe8\x01\x01\0\0\0\0\0\0h\x02\x86R"),
        ),
      ),
      "UNSAFE_FILE",
    ],
    [
      "calls with 10,000 arguments, of what a call gave",
      withMetadata(many(pickle("(", "N".repeat(10_000), "t"), pickle("ca\nB\n)Rh\x01R"))),
      "UNSAFE_FILE",
    ],
    [
      "objects without constructor, with 10,000 arguments",
      withMetadata(
        many(pickle("(ca\nB\n", "N".repeat(10_000), "t"), "ccopyreg\n__newobj__\nh\x01R"),
      ),
      "UNSAFE_FILE",
    ],
    [
      "calls of calls, each with one more argument",
      withMetadata(pickle("ca\nB\n)R", "N\x85R\x94".repeat(50_000))),
      "UNSAFE_FILE",
    ],
    [
      "bytes of a megabyte, 10,000 times",
      withMetadata(many(binary(million), call("builtins.bytearray", "h\x01"))),
      "UNSAFE_FILE",
    ],
    [
      "arrays of 100 KB, 10,000 times",
      withMetadata(many(binary("x".repeat(100_000)), array("h\x01", "J\xa0\x86\x01\0\x85"))),
      "UNSAFE_FILE",
    ],
    [
      "an array of no values in a billion rows",
      withMetadata(dict([[text("a"), array(binary(""), "(J\0\xca\x9a\x3bK\0t")]])),
      "INVALID_RECORD",
    ],
    [
      "an array of 64 dimensions for each byte",
      withMetadata(
        dict([[text("a"), array(binary(million), `(J\x40\x42\x0f\0${"K\x01".repeat(63)}t`)]]),
      ),
      "INVALID_RECORD",
    ],
    [
      "objects of unknown classes that double",
      withMetadata(
        pickle("](", text("x"), "q\0", ...range(60).map((key) => twice("a.B", key)), "e"),
      ),
      "INVALID_RECORD",
    ],
    [
      "sets that double",
      withMetadata(
        pickle("](", text("x"), "q\0", ...range(60).map((key) => twice("builtins.set", key)), "e"),
      ),
      "UNSAFE_FILE",
    ],
    [
      "a name that doubles",
      withMetadata(
        pickle(
          pickle(text("a"), text("b"), "\x93q\0"),
          ...range(60).map(() => pickle("cbuiltins\ngetattr\n", "h\0", text(million), "\x86R")),
        ),
      ),
      "FILE_DAMAGED",
    ],
    [
      "100,000 nested bytearrays",
      withMetadata(
        pickle("cbuiltins\nbytearray\nq\0", "h\0".repeat(100_000), "N", "\x85R".repeat(100_000)),
      ),
      "FILE_DAMAGED",
    ],
    [
      "an object that contains itself",
      withMetadata(dict([[text("a"), pickle("ca\nB\n)\x81q\0h\0b")]])),
      "INVALID_RECORD",
    ],
    [
      "an integer of a million digits",
      withMetadata(`L${"7".repeat(1_000_000)}L\n`),
      "FILE_DAMAGED",
    ],
    ["100,000 nested tuples", withMetadata(pickle("N", "\x85".repeat(100_000))), "FILE_DAMAGED"],
    ["a list that contains itself twice", withMetadata("]q\0(h\0h\0e"), "FILE_DAMAGED"],
    [
      "a dict that contains itself",
      withMetadata(pickle("}q\0", text("a"), "h\0s")),
      "FILE_DAMAGED",
    ],
    [
      "an integer of 2 MB",
      withMetadata(pickle("\x8b\x80\x84\x1e\0", text(million + million))),
      "FILE_DAMAGED",
    ],
    ["a string of 16 exabytes", withMetadata(`\x8d${"\xff".repeat(8)}`), "FILE_DAMAGED"],
    ["a memo of 300,000", withMetadata("N\x94".repeat(300_000)), "FILE_DAMAGED"],
    ["300,000 empty dicts", withMetadata("}".repeat(300_000)), "FILE_DAMAGED"],
    ["300,000 marks", withMetadata("(".repeat(300_000)), "FILE_DAMAGED"],
    [
      "two documents with the same id",
      docstore(
        [
          [text("1"), "N"],
          ["K\x01", "N"],
        ],
        [],
      ),
      "FILE_DAMAGED",
    ],
    [
      "two keys that are the same in JSON",
      withMetadata(
        dict([
          [text("1"), "N"],
          ["K\x01", "N"],
        ]),
      ),
      "FILE_DAMAGED",
    ],
    [
      "one document for two rows",
      docstore(
        [[text("a"), document(text("text"), "}")]],
        [
          ["K\0", text("a")],
          ["K\x01", text("a")],
        ],
      ),
      "FILE_DAMAGED",
    ],
  ];

  it.each(bombs)("is refused within seconds of computing: %s", async (_what, bytes, code) => {
    await writeFile(join(folder, "index.pkl"), bytes);
    const before = process.cpuUsage();
    const reading = FaissStore.import<never>(folder, {
      engine: "builtin",
      format: "langchain-python",
    });
    expect(await expectTyped(reading)).toBe(code);
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1000).toBeLessThan(5_000);
  });

  it("does not look like one with shared metadata, as LangChain writes it", async () => {
    const shared = dict([
      [text("source"), text("a path that many documents have")],
      [text("authors"), pickle("](", text("one"), text("another"), "e")],
    ]);
    const ids = ["a", "b", "c", "d", "e", "f"];
    const documents = ids.map((id, position): [Piece, Piece] => [
      text(id),
      document(text(`text of ${id}`), position === 0 ? pickle(shared, "q\0") : "h\0"),
    ]);
    const mapping = ids.map((id, row): [Piece, Piece] => [`K${char(row)}`, text(id)]);
    await writeFile(join(folder, "index.pkl"), docstore(documents, mapping));
    const store = await FaissStore.import(folder, { engine: "builtin" });
    expect(store.get("f")?.record).toEqual({
      pageContent: "text of f",
      metadata: { source: "a path that many documents have", authors: ["one", "another"] },
    });
  });
});

describe("a large pickle", () => {
  it("with 50,000 documents that share metadata can be read", async () => {
    const count = 50_000;
    const large = await mkdtemp(join(folder, "large-"));
    const rows = Array.from({ length: count }, (_, row) => row);
    const shared = pickle(dict([[text("source"), text("x".repeat(500))]]), "q\0");
    const uint32 = (value: number) => Buffer.from(Uint32Array.of(value).buffer);
    const documents = rows.map((row): [Piece, Piece] => [
      text(`id ${row}`),
      document(text(`text of ${row}`), row === 0 ? shared : "h\0"),
    ]);
    const mapping = rows.map((row): [Piece, Piece] => [
      pickle("J", uint32(row)),
      text(`id ${row}`),
    ]);
    await writeFile(join(large, "index.pkl"), docstore(documents, mapping));
    const vectors = new Float32Array(count * 2).map((_, index) => (index + 1) % 2);
    const header = flatHeader({ metric: "innerProduct", dimension: 2, rows: count });
    await writeFile(
      join(large, "index.faiss"),
      Buffer.concat([header, new Uint8Array(vectors.buffer)]),
    );
    const store = await FaissStore.import(large, { engine: "builtin" });
    expect(store.size).toBe(count);
    expect(store.get("id 49999")?.record).toEqual({
      pageContent: "text of 49999",
      metadata: { source: "x".repeat(500) },
    });
  });
});

describe("a call in a pickle", () => {
  const read = (...pieces: Piece[]) => readPickle(pickle("\x80\x02", ...pieces, "."), "a.pkl");
  const forms: [string, (module: string, name: string) => Buffer][] = [
    ["REDUCE", (module, name) => pickle(`c${module}\n${name}\n`, "(K\x05tR")],
    ["NEWOBJ", (module, name) => pickle(`c${module}\n${name}\n`, "(K\x05t\x81")],
    ["NEWOBJ_EX", (module, name) => pickle(`c${module}\n${name}\n`, "(K\x05t}\x92")],
    ["INST", (module, name) => pickle(`(K\x05i${module}\n${name}\n`)],
    ["OBJ", (module, name) => pickle(`(c${module}\n${name}\nK\x05o`)],
  ];

  it.each(forms)("is described: %s", (_, form) => {
    expect(read(form("shapes", "Circle"))).toMatchObject({ className: "shapes.Circle", args: [5] });
  });

  it.each(forms)("is refused if it can only do harm: %s", (_, form) => {
    for (const [module, name] of [
      ["os", "system"],
      ["posix", "system"],
      ["subprocess", "Popen"],
      ["builtins", "eval"],
      ["__builtin__", "exec"],
      ["importlib", "import_module"],
    ] as const) {
      expect(() => read(form(module, name)), name).toThrow(
        expect.objectContaining({
          code: "UNSAFE_FILE",
          message: expect.stringMatching(/asks Python to call .* Nothing was run\./),
        }),
      );
    }
  });

  it("is found behind an attribute", () => {
    const system = pickle("cbuiltins\ngetattr\n(cos\npath\n", text("system"), "tR");
    expect(() => read(system, "(", text("true"), "tR")).toThrow(/call "os.path.system"/);
  });

  it("may be no harm, although it looks like one", () => {
    expect(read("chttp\nHTTPStatus\n(K\x05tR")).toMatchObject({ className: "http.HTTPStatus" });
  });
});

it.each([
  ["P1\n", "PERSID"],
  ["NQ", "BINPERSID"],
  ["\x82\x01", "EXT1"],
  ["\x83\x01\0", "EXT2"],
  ["\x84\x01\0\0\0", "EXT4"],
  ["\x97", "NEXT_BUFFER"],
  ["\x97\x98", "NEXT_BUFFER"],
])("a pickle that refers to other data is refused: %j", (opcodes, name) => {
  expect(() => readPickle(pickle(opcodes, "."), "a.pkl")).toThrow(
    expect.objectContaining({
      code: "FILE_DAMAGED",
      message: expect.stringContaining(`it refers to data outside of the file (opcode ${name})`),
    }),
  );
});

/** Opcodes that the reader knows, with short arguments, and some that it does not know. */
const opcode = fc.oneof(
  fc.constantFrom(..."N\x88\x89](){}\x8ft\x91\x85\x86\x87ae\x90su\x94\x93\x81bR.0".split("")),
  fc.nat(5).map((key) => `h${char(key)}`),
  fc.nat(5).map((key) => `q${char(key)}`),
  fc.constantFrom("cdatetime\ndate\n", "cuuid\nUUID\n", "ca\nB\n", "cbuiltins\nset\n", "\x92", "o"),
  fc.constantFrom("C\x04\x07\xe8\x01\x02", "I5\n", "F1.5\n", "Va\n", "l", "d", "1", "2"),
  fc.nat(255).map((value) => `K${char(value)}`),
  fc.constantFrom("X\x01\0\0\0a", "\x8c\x01b", "\x8a\x01\xff", `G${"\0".repeat(8)}`),
  fc.constantFrom("\x94h\0h\0\x86", "]\x94(h\0h\0e", "}\x94", "(", "\x8b\xff\xff\0\0"),
);

describe("any pickle", () => {
  it("is read in limited time and memory, or refused with a code", () => {
    fc.assert(
      fc.property(fc.array(opcode, { maxLength: 400, size: "max" }), (opcodes) => {
        const bytes = pickle(...opcodes, ".");
        try {
          const json = new PickledJson(bytes.length, "a.pkl").convert(readPickle(bytes, "a.pkl"));
          expect(JSON.stringify(json).length).toBeLessThan(2 ** 20);
        } catch (error) {
          expect(FaissStoreError.isInstance(error), String(error)).toBe(true);
        }
      }),
      { numRuns: 1_000, interruptAfterTimeLimit: 5_000 },
    );
  });

  it("that is valid except for a few changes gives a sound store or a code", async () => {
    const original = await readFile(join(fixtures, "langchain-python", "index.pkl"));
    const { length } = original;
    const change = fc.record({
      at: fc.nat(length - 1),
      removed: fc.nat(20),
      inserted: fc.oneof(
        fc.uint8Array({ maxLength: 4 }).map((bytes) => Buffer.from(bytes)),
        opcode.map((code) => pickle(code)),
        fc
          .tuple(fc.nat(length - 1), fc.nat(100))
          .map(([start, count]) => original.subarray(start, start + count)),
      ),
    });
    const outcomes = new Set<string>();
    await assertWithin(
      5_000,
      fc.array(change, { minLength: 1, maxLength: 3 }),
      async (changes) => {
        let bytes: Buffer = original;
        for (const { at, removed, inserted } of changes)
          bytes = pickle(bytes.subarray(0, at), inserted, bytes.subarray(at + removed));
        await writeFile(join(folder, "index.pkl"), bytes);
        outcomes.add(await expectTyped(FaissStore.import<never>(folder, { engine: "builtin" })));
      },
      { numRuns: 200 },
    );
    expect(outcomes).toContain("FILE_DAMAGED");
    expect(outcomes).toContain("UNSAFE_FILE");
  });
});
