/** What the program ends with, if not with 0. */
export const exitCodes = { failed: 1, wrongFlags: 2 } as const;
