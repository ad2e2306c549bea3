/** Whether a text is a web page. No file of a model starts like this. */
export function isWebPage(text: string): boolean {
  return /^\uFEFF?\s*<(!doctype|html)\b/i.test(text);
}
