/** What to do if a filter looks for a type that no document has under a key. */
export const typeAdvice = {
  lists:
    "For a value in a list, use a function, such as " +
    '({ metadata }) => metadata.tags?.includes("red").',
  noLists: 'For one of several values, use $in, such as { lang: { $in: ["en", "de"] } }.',
};
