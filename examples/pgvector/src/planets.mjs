export const question = "Which planet is known as the Red Planet?";

export const planets = [
  {
    text: "Venus is often called Earth's twin because of its similar size and proximity.",
    rings: "no",
  },
  {
    text: "Mars, known for its reddish appearance, is often referred to as the Red Planet.",
    rings: "no",
  },
  {
    text: "Jupiter, the largest planet in our solar system, has a prominent red spot.",
    rings: "yes",
  },
  { text: "Saturn, famous for its rings, is sometimes mistaken for the Red Planet.", rings: "yes" },
];
