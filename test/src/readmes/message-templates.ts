import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import ts from "typescript";

/**
 * The texts that source files build, with `…` for what is filled in at run time: the strings and
 * templates of the code, joined where the code joins them with `+`.
 *
 * @param folder - folder of the source files; tests are left out
 */
export async function messageTemplates(folder: string): Promise<string[]> {
  const texts = new Set<string>();
  for (const file of await readdir(folder, { recursive: true })) {
    if (!/(?<!\.test|\.test-d)\.ts$/.test(file)) continue;
    const code = await readFile(join(folder, file), "utf8");
    visit(ts.createSourceFile(file, code, ts.ScriptTarget.Latest), texts);
  }
  return [...texts];
}

function visit(node: ts.Node, texts: Set<string>): void {
  const text = textOf(node);
  if (text !== undefined) texts.add(text.replaceAll(/…+/g, "…"));
  ts.forEachChild(node, (child) => visit(child, texts));
}

/** The text of an expression, or undefined if it is not a text. */
function textOf(node: ts.Node): string | undefined {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isCallExpression(node) && isSentence(node)) return "….";
  if (ts.isTemplateExpression(node))
    return node.templateSpans.reduce(
      (text, { expression, literal }) => `${text}${textOf(expression) ?? "…"}${literal.text}`,
      node.head.text,
    );
  if (!ts.isBinaryExpression(node) || node.operatorToken.kind !== ts.SyntaxKind.PlusToken)
    return undefined;
  const [left, right] = [textOf(node.left), textOf(node.right)];
  if (left === undefined && right === undefined) return undefined;
  return `${left ?? "…"}${right ?? "…"}`;
}

/** Whether an expression is the message of another error, with a period at its end. */
function isSentence({ expression }: ts.CallExpression): boolean {
  return ts.isIdentifier(expression) && expression.text === "sentenceOf";
}
