/** Whether a text is a web page, as which no file of a model begins. */
export function isWebPage(text: string): boolean {
  return /^\uFEFF?\s*<(!doctype|html)\b/i.test(text);
}
