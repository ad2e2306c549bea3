/** Of pages that nobody writes by hand, and that are not in the history. */
export const frontmatter = "---\neditLink: false\nlastUpdated: false\n---\n\n";
