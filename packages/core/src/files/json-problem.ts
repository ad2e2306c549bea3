import { reasonOf } from "../errors.ts";
import { isWebPage } from "./web-page.ts";

/**
 * What is wrong with a file that is not JSON. Completes the sentence "<file> …".
 *
 * @param cause - the error of `JSON.parse`
 */
export function jsonProblem(text: string, cause: unknown): string {
  return isWebPage(text) ? webPage : `is not valid JSON (${reasonOf(cause)})`;
}

const webPage =
  "is a web page, which a server or proxy has sent in its place, perhaps so that you log in first";
