/** What to do if a filter looks for a type that no document has under a key. */
export const typeAdvice = {
  lists: 'For a value in a list, use $contains, such as { tags: { $contains: "red" } }.',
  noLists:
    'For one of several values, use $in, such as { lang: { $in: ["en", "de"] } }; for a part of ' +
    "a text, use a function.",
};
