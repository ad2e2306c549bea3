/**
 * `npm run api` writes what each published package exports, with all types, to `api/`, so that
 * a review sees every change of it. With `--check`, it fails if a file there is out of date.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import {
  CompilerState,
  Extractor,
  ExtractorConfig,
  ExtractorLogLevel,
} from "@microsoft/api-extractor";
import { complain } from "./complain.mjs";
import { publishedPackages } from "./published-packages.mjs";

const reports = join(import.meta.dirname, "../../api");
const scratch = mkdtempSync(join(tmpdir(), "api-"));
const noise = /^ *\/\/ (@public|@public \(undocumented\)|\(undocumented\)|\(No @package.*)\n/gm;

try {
  mkdirSync(reports, { recursive: true });
  const configs = publishedPackages()
    .filter(({ manifest }) => manifest.exports["."])
    .map(configOf);
  // One program for all packages; with one for each, most types are read several times.
  const compilerState = CompilerState.create(configs[0], {
    additionalEntryPoints: configs.map((config) => config.mainEntryPointFilePath),
  });
  const stale = configs.map((config) => update(config, compilerState)).filter(Boolean);
  if (stale.length > 0) {
    complain(
      `The exports have changed: ${stale.join(", ")} in api/.\n` +
        'Run "npm run build && npm run api", and commit what it writes.',
    );
  }
} finally {
  rmSync(scratch, { recursive: true });
}

/** Writes the report; with `--check`, returns its name if it differs from the file. */
function update(config, compilerState) {
  Extractor.invoke(config, {
    compilerState,
    localBuild: true,
    messageCallback: (message) => {
      message.handled = message.logLevel !== ExtractorLogLevel.Error;
    },
  });
  const report = readFileSync(config.reportFilePath, "utf8").replaceAll(noise, "");
  const file = join(reports, basename(config.reportFilePath));
  if (!process.argv.includes("--check")) writeFileSync(file, report);
  else if (read(file) !== report) return basename(file);
}

function configOf({ name, folder }) {
  return ExtractorConfig.prepare({
    packageJsonFullPath: join(folder, "package.json"),
    configObjectFullPath: undefined,
    configObject: {
      projectFolder: folder,
      mainEntryPointFilePath: "<projectFolder>/dist/index.d.ts",
      newlineKind: "lf",
      compiler: {
        overrideTsconfig: {
          compilerOptions: {
            lib: ["ES2024", "ESNext.Disposable", "DOM", "DOM.AsyncIterable"],
            module: "NodeNext",
            moduleResolution: "NodeNext",
            strict: true,
            skipLibCheck: true,
            types: [],
          },
          files: ["dist/index.d.ts"],
        },
      },
      apiReport: {
        enabled: true,
        reportFolder: scratch,
        reportTempFolder: join(scratch, "temp"),
        reportFileName: name,
        // Types that an exported one names are part of the API as well.
        includeForgottenExports: true,
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: {
        compilerMessageReporting: { default: { logLevel: "error" } },
        extractorMessageReporting: { default: { logLevel: "none" } },
        tsdocMessageReporting: { default: { logLevel: "none" } },
      },
    },
  });
}

function read(file) {
  try {
    return readFileSync(file, "utf8").replaceAll("\r\n", "\n");
  } catch {
    return undefined;
  }
}
