import { rm } from "node:fs/promises";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { Application, Converter, ReflectionKind } from "typedoc";
import { MarkdownPageEvent } from "typedoc-plugin-markdown";
import { frontmatter } from "./generated-page.mjs";
import { repositoryUrl } from "./repository.mjs";

const inRepository = (path) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const packages = [
  ...["core", "faiss", "langchain", "llamaindex", "ai-sdk"],
  ...["server", "tune", "tiny-model"],
];

/**
 * Writes the API reference, from the TSDoc of all packages, to a folder.
 *
 * @throws if a link in a comment leads nowhere, or an export of a package has no comment
 */
export async function writeReference(folder) {
  await rm(folder, { recursive: true, force: true });
  const app = await Application.bootstrapWithPlugins({
    plugin: ["typedoc-plugin-markdown", "typedoc-vitepress-theme"],
    entryPoints: packages.map((name) => inRepository(`packages/${name}/src/index.ts`)),
    tsconfig: inRepository("tsconfig.json"),
    name: "API",
    readme: "none",
    out: folder,
    docsRoot: inRepository("docs"),
    basePath: inRepository(""),
    disableGit: true,
    // The path begins below the folder that all entry points share.
    sourceLinkTemplate: `${repositoryUrl}/blob/main/packages/{path}#L{line}`,
    // `npm run typecheck` finds those.
    skipErrorChecking: true,
    excludeExternals: true,
    excludeInternal: true,
    excludePrivate: true,
    logLevel: "Warn",
    treatWarningsAsErrors: true,
    treatValidationWarningsAsErrors: true,
    validation: { invalidLink: true, notExported: false, notDocumented: true },
    excludeScopesInPaths: true,
    hideBreadcrumbs: true,
    parametersFormat: "table",
    useHTMLEncodedBrackets: true,
    sanitizeComments: true,
  });
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const module of project.getReflectionsByKind(ReflectionKind.Module)) {
      module.name = `@embeddinggemma/${basename(module.name.replace(/\/src$/, ""))}`;
    }
  });
  // Packages show options of core, whose comments link to classes of core.
  app.converter.addUnknownSymbolResolver((reference, reflection) => {
    const names = reference.symbolReference?.path?.map(({ path }) => path);
    const core = reflection.project.getChildByName(["@embeddinggemma/core"]);
    const target = names && core?.getChildByName(names);
    return target && { target };
  });
  app.renderer.on(MarkdownPageEvent.END, (page) => {
    page.contents = frontmatter + page.contents;
  });
  const project = await app.convert();
  if (project) {
    app.validate(project);
    await app.generateOutputs(project);
  }
  if (!project || app.logger.hasErrors() || app.logger.hasWarnings()) {
    throw new Error("The API reference has problems, which are listed above.");
  }
}
