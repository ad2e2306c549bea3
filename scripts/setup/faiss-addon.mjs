import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { elapsed, report } from "./report.mjs";
import { SetupError } from "./setup-error.mjs";
import { provideSystemFaiss } from "./system-faiss.mjs";

/**
 * Whether faiss-node's native addon loads and can search. Tested in a separate process, because a
 * bad addon kills its process.
 *
 * @param {string} root
 */
export function faissAddonWorks(root) {
  return tryAddon(root, "faiss-node").works;
}

/**
 * Installs the addon: downloads the binary of faiss-node's release or, if that fails, compiles it
 * against the system's FAISS.
 *
 * @param {string} root
 */
export async function provideFaissAddon(root) {
  const start = performance.now();
  const packageFolder = dirname(
    createRequire(join(root, "package.json")).resolve("faiss-node/package.json"),
  );
  if ((await downloadPrebuilt(packageFolder)) && faissAddonWorks(root)) {
    report(`FAISS addon downloaded in ${elapsed(start)}`);
    return;
  }
  provideSystemFaiss();
  compile(root, packageFolder);
  report(`FAISS addon compiled against the system's FAISS in ${elapsed(start)}`);
}

const probe = `
  const { IndexFlatIP } = require(process.argv[1]);
  const index = new IndexFlatIP(2);
  index.add([1, 0, 0, 1]);
  const { labels, distances } = index.search([0.6, 0.8], 2);
  if (labels.join() !== "1,0" || Math.abs(distances[0] - 0.8) > 1e-6)
    throw new Error("wrong search result: " + labels + " " + distances);
`;

/** Loads `addon` (a package name or a path) like code in the root folder. */
function tryAddon(root, addon) {
  const options = { cwd: root, encoding: "utf8", timeout: 60_000 };
  const { status, signal, stderr } = spawnSync(process.execPath, ["-e", probe, addon], options);
  const reason =
    stderr?.match(/^\w*Error: .*$/m)?.[0] ??
    (signal ? `killed by ${signal}` : `exit code ${status}`);
  return { works: status === 0, reason };
}

const answerTimeoutMs = 8_000;
const downloadTimeoutMs = 120_000;

/**
 * Runs faiss-node's own installer. Resolves to true if it has downloaded a binary, and to false
 * within seconds if its server cannot be reached or has no binary.
 */
function downloadPrebuilt(packageFolder) {
  const installer = createRequire(join(packageFolder, "package.json")).resolve(
    "prebuild-install/bin.js",
  );
  const child = spawn(process.execPath, [installer, "--runtime", "napi", "--verbose"], {
    cwd: packageFolder,
    stdio: ["ignore", "ignore", "pipe"],
  });
  const kill = () => child.kill();
  const answer = setTimeout(kill, answerTimeoutMs);
  const download = setTimeout(kill, downloadTimeoutMs);
  child.stderr.setEncoding("utf8").on("data", (log) => {
    if (/\bhttp 200\b/.test(log)) clearTimeout(answer);
  });
  return new Promise((resolve) => {
    const finish = (succeeded) => {
      clearTimeout(answer);
      clearTimeout(download);
      resolve(succeeded);
    };
    child.on("error", () => finish(false));
    child.on("close", (status) => finish(status === 0));
  });
}

/**
 * FAISS 1.7.3 in Debian 12 declares `idx_t` only inside its classes. The source of faiss-node
 * expects it in the namespace.
 */
const compatibility = "#include <cstdint>\nnamespace faiss { using idx_t = int64_t; }\n";

/** Compiles in a separate folder and moves the addon into place only if it works. */
function compile(root, packageFolder) {
  const folder = join(packageFolder, "build", "compile");
  const addon = join(folder, "faiss-node.node");
  const release = join(packageFolder, "build", "Release");
  const require = createRequire(join(root, "package.json"));
  const packageRequire = createRequire(join(packageFolder, "package.json"));
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "compatibility.h"), compatibility);

  // biome-ignore format: the options of one command, grouped by meaning
  const options = [
    "-std=c++17", "-O3", "-fPIC", "-shared", "-fopenmp", "-DNAPI_VERSION=8",
    "-I", require("node-api-headers").include_dir,
    "-I", dirname(packageRequire.resolve("node-addon-api/package.json")),
    "-include", join(folder, "compatibility.h"),
    join(packageFolder, "src", "faiss.cc"), "-lfaiss", "-lblas", "-llapack",
    "-o", addon,
  ];
  const { status, stderr, error } = spawnSync("g++", options, { encoding: "utf8" });
  if (error || status !== 0) {
    const reason = error?.message ?? lastLines(stderr, 15);
    throw new SetupError(
      `the FAISS addon could not be compiled against the system's FAISS:\n\n${reason}`,
      "Install FAISS 1.7 with its headers, BLAS and LAPACK (Debian and Ubuntu: libfaiss-dev), " +
        "then run the command again.",
    );
  }
  const { works, reason } = tryAddon(root, addon);
  if (!works) throw new SetupError(`the FAISS addon was compiled but does not work: ${reason}`);
  mkdirSync(release, { recursive: true });
  renameSync(addon, join(release, "faiss-node.node"));
  rmSync(folder, { recursive: true, force: true });
}

function lastLines(text, count) {
  return text.trimEnd().split("\n").slice(-count).join("\n");
}
