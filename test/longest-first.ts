import { BaseSequencer, type TestSpecification } from "vitest/node";

/** What takes a minute or more, so that no core waits at the end for one that started late. */
const long = [
  ...["packages/packages", "site/site", "packages/package-managers", "bench/short"],
  ...["browser/browser", "packages/bundlers", "readmes/command-line"],
];

/** Runs the long test files first, also in a fresh clone, where vitest knows no durations. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification) => {
      const index = long.findIndex((name) => moduleId.endsWith(`/src/${name}.int.test.ts`));
      return index < 0 ? long.length : index;
    };
    return (await super.sort(files)).sort((one, other) => place(one) - place(other));
  }
}
