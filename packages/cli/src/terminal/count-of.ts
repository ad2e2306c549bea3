/** A number with what it counts, for people: `1 chunk`, `1,234 chunks`. */
export function countOf(count: number, noun: string): string {
  return `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
}
