import fc from "fast-check";

/**
 * Checks a property for at most some milliseconds. When the time is over, fast-check returns while
 * a check is still running; this function waits for it, so that it cannot disturb the next test.
 */
export async function assertWithin<T>(
  milliseconds: number,
  arbitrary: fc.Arbitrary<T>,
  check: (value: T) => Promise<void>,
  parameters: fc.Parameters<[T]>,
): Promise<void> {
  let checking = Promise.resolve();
  const property = fc.asyncProperty(arbitrary, async (value) => {
    checking = check(value);
    await checking;
  });
  await fc.assert(property, { ...parameters, interruptAfterTimeLimit: milliseconds });
  await checking;
}
