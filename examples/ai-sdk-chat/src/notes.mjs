/** What the chat knows: the house rules of an observatory. */
export const notes = [
  {
    title: "Book a night",
    text: "Visitors may use the refractor on Friday nights. Write to the warden two weeks ahead.",
  },
  {
    title: "The dome",
    text: "The dome turns by hand. Two people are needed, and a third one watches the slit.",
  },
  {
    title: "Care of the lens",
    text: "The lens is never wiped. Dust is blown off with a rubber bulb.",
  },
  {
    title: "The archive",
    text: "Glass plates are kept in the cellar, sorted by the night on which they were exposed.",
  },
  {
    title: "The garden",
    text: "Red sorrel stands for Mars, and white clover for Venus. Nobody may pick the flowers.",
  },
];
