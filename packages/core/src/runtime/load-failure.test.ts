import { expect, test } from "vitest";
import { loadFailureOf } from "./load-failure.ts";

const cdn = "https://cdn.jsdelivr.net/npm/onnxruntime-web@1.31.0/dist";
const noBackend = "no available backend found. ERR: [wasm]";

// What Chromium, Firefox and Safari say, then ONNX Runtime without its binary.
test.for([
  `TypeError: Failed to fetch dynamically imported module: ${cdn}/ort-wasm-simd-threaded.mjs`,
  `TypeError: error loading dynamically imported module: ${cdn}/ort-wasm-simd-threaded.mjs`,
  "TypeError: Importing a module script failed.",
  "RuntimeError: Aborted(both async and sync fetching of the wasm failed).",
  "CompileError: expected magic word 00 61 73 6d, found 7b 22 61 22 @+0",
  "CompileError: WebAssembly.instantiate(): BufferSource argument is empty",
  "CompileError: WebAssembly.Module doesn't parse at byte 0: module doesn't start with '\\0asm'",
])("ONNX Runtime's files cannot be fetched: %s", (reason) => {
  const failure = loadFailureOf(new Error(`${noBackend} ${reason}`));
  const advice = reason.includes(cdn)
    ? " from cdn.jsdelivr.net. Serve them yourself: "
    : ". Serve them yourself; if you do, the network panel of the browser shows what fails: ";
  expect(failure).toContain(`. ONNX Runtime's WebAssembly files could not be fetched${advice}`);
  expect(failure).toMatch(/browsers\.md#serve-the-webassembly-files-yourself$/);
});

test("the server that should have ONNX Runtime's files does not give them", () => {
  const url = "http://localhost:4173/ort/ort-wasm-simd-threaded.mjs";
  const reason = `TypeError: Failed to fetch dynamically imported module: ${url}`;
  expect(loadFailureOf(new Error(`${noBackend} ${reason}`))).toMatch(
    `. ONNX Runtime's WebAssembly files could not be fetched from ${url}. ` +
      "Check that the file is there, in the version of the code, and is served as " +
      "text/javascript: ",
  );
});

test("the binary is missing, whose type does not matter", () => {
  const url = "http://localhost:4173/ort/ort-wasm-simd-threaded.wasm";
  const failure = loadFailureOf(new Error(`${noBackend} Error: failed to fetch ${url}`));
  expect(failure).toContain(
    `from ${url}. Check that the file is there, in the version of the code: `,
  );
});

test("the weights of a browser cannot be read", () => {
  const reason = 'Can\'t create a session. Failed to load external data file ""model.onnx_data""';
  expect(loadFailureOf(new Error(reason))).toMatch(
    /The file with the weights may be cut off: compare its size with that of the original\.$/,
  );
});

test("ONNX Runtime's binary does not fit its module", () => {
  const reason = 'LinkError: WebAssembly.instantiate(): Import #100 "a" "Va": function import';
  expect(loadFailureOf(new Error(`${noBackend} ${reason}`))).toMatch(
    /another version than the code, or for another device\. Copy them again: .*#serve-the-web/,
  );
});

// What Chromium, Firefox and Safari say.
test.for([
  "WebAssembly.instantiate(): Compiling or instantiating WebAssembly module violates the " +
    "following Content Security policy directive because 'unsafe-eval' is not an allowed source",
  "call to WebAssembly.instantiate() blocked by CSP",
  "Refused to create a WebAssembly object because 'unsafe-eval' or 'wasm-unsafe-eval' is not an " +
    "allowed source of script in the following Content Security Policy directive",
])("the page's policy forbids WebAssembly: %s", (reason) => {
  const said = `${noBackend} RuntimeError: Aborted(CompileError: ${reason}).`;
  expect(loadFailureOf(new Error(said))).toMatch(
    /Allow it with `script-src 'self' 'wasm-unsafe-eval'`; .*#put-it-on-a-host$/,
  );
});

test.for([
  "SyntaxError: Unexpected token '<'",
  "SyntaxError: expected expression, got '<'",
  "CompileError: expected magic word 00 61 73 6d, found 3c 21 64 6f @+0",
])("a web page is in place of ONNX Runtime's files: %s", (reason) => {
  expect(loadFailureOf(new Error(`${noBackend} ${reason}`))).toMatch(
    /answers with a web page, so they are not there\. Put them there: .*browsers\.md#serve-the-/,
  );
});

test("the libraries of CUDA are missing", () => {
  const reason = "OrtSessionOptionsAppendExecutionProvider_Cuda: Failed to load shared library";
  expect(loadFailureOf(new Error(reason))).toMatch(
    /library\. The CUDA .* script of onnxruntime-node/,
  );
});

test.for([
  `${noBackend} Error: out of memory`,
  "Failed to fetch weights",
  "Protobuf parsing failed",
])("nothing is said about another error: %s", (reason) => {
  expect(loadFailureOf(new Error(reason))).toBe(reason);
});

test("weights that are cut off are copied or downloaded again", () => {
  const reason =
    "External initializer: w offset: 2048 size to read: 38400 given file_length: 100 are out of " +
    "bounds or can not be read in full.";
  const place = "Exception during initialization: /src/optimizer_execution_frame.cc:73 Info::Info";
  expect(loadFailureOf(new Error(`${place} [ONNXRuntimeError] : 1 : FAIL : ${reason}`))).toBe(
    "A file with the weights is cut off. Copy it again; if the model is in the cache of the Hub, " +
      "remove it there, or load it once with a network, which downloads the file again. ONNX " +
      `Runtime says: ${reason}`,
  );
});

test("an error that comes again is that of an earlier load", () => {
  const error = new TypeError("Protobuf parsing failed.");
  expect(loadFailureOf(error)).toBe("Protobuf parsing failed.");
  expect(loadFailureOf(error)).toMatch(/^Protobuf parsing failed\. .*Reload the page/);
  expect(loadFailureOf(new TypeError(error.message))).toBe("Protobuf parsing failed.");
});
