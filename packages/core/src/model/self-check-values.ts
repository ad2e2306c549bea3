import type { SelfCheckValues } from "./model-family.ts";

/** For the weights of google/embeddinggemma-300m. */
export const embeddingGemma300mValues: SelfCheckValues = {
  // https://huggingface.co/blog/embeddinggemma
  query: "Which planet is known as the Red Planet?",
  documents: [
    "Venus is often called Earth's twin because of its similar size and proximity.",
    "Mars, known for its reddish appearance, is often referred to as the Red Planet.",
    "Jupiter, the largest planet in our solar system, has a prominent red spot.",
    "Saturn, famous for its rings, is sometimes mistaken for the Red Planet.",
  ],
  scores: { 768: [0.3011, 0.6359, 0.493, 0.4889], 256: [0.4016, 0.6715, 0.5283, 0.5261] },
  // Sentence Transformers 6.2 in fp32
  vectors: [
    {
      prompt: "query",
      text: "The weather is beautiful today.",
      start: [
        -0.19416, 0.01208, 0.01013, 0.00309, -0.07282, 0.04939, 0.03213, 0.03416, -0.03535,
        -0.05078, -0.00497, 0.00949, -0.01329, -0.04177, -0.00278, 0.01222,
      ],
    },
    {
      prompt: "document",
      text: "The weather is beautiful today.",
      start: [
        -0.05363, 0.02432, 0.02645, -0.00502, -0.08542, 0.04291, 0.0375, 0.0579, -0.01847, -0.04544,
        -0.00999, -0.01393, -0.01684, -0.05994, 0.02584, -0.00932,
      ],
    },
    {
      prompt: null,
      text: "Größe und Straße",
      start: [
        -0.12683, 0.00893, -0.03552, 0.03596, -0.0324, 0.02032, 0.01345, 0.00722, 0.00619, -0.05545,
        0.00203, -0.02166, 0.02926, -0.03159, 0.17877, 0.05363,
      ],
    },
    {
      prompt: null,
      text: "日本語のテキスト",
      start: [
        -0.17845, -0.00125, 0.01886, -0.02315, 0.00786, -0.01421, -0.01455, -0.02419, 0.09268,
        -0.02654, -0.02186, -0.02423, 0.0009, -0.04049, 0.11726, -0.07846,
      ],
    },
    {
      prompt: null,
      text: "مرحبا بالعالم",
      start: [
        -0.17223, 0.02609, 0.07002, -0.02581, 0.00426, -0.01371, 0.00509, -0.00181, 0.00674,
        -0.02711, -0.00837, -0.03363, 0.00352, -0.00077, 0.08643, 0.02847,
      ],
    },
  ],
};
