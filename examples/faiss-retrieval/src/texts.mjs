const who = [
  "A sailor",
  "My aunt",
  "The baker",
  "An old clown",
  "A young doctor",
  "The night guard",
  "A gardener",
  "Our teacher",
];
const does = [
  "repairs",
  "sells",
  "paints",
  "collects",
  "dreams of",
  "writes about",
  "searches for",
  "gives away",
  "describes",
];
const what = [
  { thing: "wooden boats", topic: "sea" },
  { thing: "lighthouses", topic: "sea" },
  { thing: "sea shells", topic: "sea" },
  { thing: "roses and tulips", topic: "garden" },
  { thing: "apple trees", topic: "garden" },
  { thing: "garden tools", topic: "garden" },
  { thing: "violins", topic: "music" },
  { thing: "church bells", topic: "music" },
  { thing: "jazz records", topic: "music" },
  { thing: "old radios", topic: "technology" },
  { thing: "steam engines", topic: "technology" },
  { thing: "bicycles", topic: "technology" },
];
const where = ["in the harbour", "behind the station", "at the market", "on the island"];

/** 3,456 short texts, each with a topic. */
export const texts = who.flatMap((someone) =>
  does.flatMap((verb) =>
    what.flatMap(({ thing, topic }) =>
      where.map((place) => ({ text: `${someone} ${verb} ${thing} ${place}.`, topic })),
    ),
  ),
);

export const queries = [
  "Who mends boats?",
  "somebody who loves flowers",
  "music from long ago",
  "Where can I buy a bike?",
  "a painter by the sea",
  "machines driven by steam",
  "a gift of fruit trees",
  "stories about bells",
];
