/** A key of a JSON object with its value, as it is written. */
interface Member {
  readonly key: string;
  /** Such as `"id": 1827364554637281999`, which as a number would have other digits. */
  readonly text: string;
}

/** The members of an object in JSON, without those of objects in it. */
export function objectMembers(json: string): Member[] {
  const content = json.trim().slice(1, -1);
  const members: Member[] = [];
  let start = 0;
  let colon: number | undefined;
  for (const { mark, index } of outerMarks(content)) {
    if (mark === ":") colon ??= index;
    else {
      members.push(memberOf(content, start, colon!, index));
      start = index + 1;
      colon = undefined;
    }
  }
  return colon === undefined ? members : [...members, memberOf(content, start, colon)];
}

/** The colons and commas of an object, and not those in its strings, objects and lists. */
function* outerMarks(content: string): Generator<{ mark: string; index: number }> {
  let isInString = false;
  let depth = 0;
  for (const { 0: mark, index } of content.matchAll(/\\.|["{}[\]:,]/gs)) {
    if (mark === '"') isInString = !isInString;
    if (isInString) continue;
    if (mark === "{" || mark === "[") depth += 1;
    else if (mark === "}" || mark === "]") depth -= 1;
    else if (depth === 0 && (mark === ":" || mark === ",")) yield { mark, index };
  }
}

function memberOf(content: string, start: number, colon: number, end?: number): Member {
  const key = JSON.parse(content.slice(start, colon)) as string;
  return { key, text: content.slice(start, end).trim() };
}
