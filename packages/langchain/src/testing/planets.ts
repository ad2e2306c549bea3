import { Document } from "@langchain/core/documents";

export const question = "Which planet is known as the Red Planet?";
export const planets = [
  {
    id: "venus",
    text: "Venus is often called Earth's twin because of its similar size and proximity.",
    rings: false,
  },
  {
    id: "mars",
    text: "Mars, known for its reddish appearance, is often referred to as the Red Planet.",
    rings: false,
  },
  {
    id: "jupiter",
    text: "Jupiter, the largest planet in our solar system, has a prominent red spot.",
    rings: true,
  },
  {
    id: "saturn",
    text: "Saturn, famous for its rings, is sometimes mistaken for the Red Planet.",
    rings: true,
  },
].map(({ id, text, rings }) => new Document({ id, pageContent: text, metadata: { rings } }));
