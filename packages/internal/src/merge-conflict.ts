/** Whether Git has left both sides of a merge in a text, between `<<<<<<<` and `>>>>>>>`. */
export function hasMergeConflict(text: string): boolean {
  return /^<{7} /m.test(text);
}
