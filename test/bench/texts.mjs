/** Different texts with the given lengths in words. They are the same in every run. */
export function textsOf(lengths) {
  const random = randomNumbers(1);
  return lengths.map((length) =>
    Array.from({ length }, () => words[Math.floor(random() * words.length)]).join(" "),
  );
}

/** Returns a function that returns numbers from 0 to 1, the same sequence in every run. */
export function randomNumbers(seed) {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

/** Lengths as in real documents: the median is 45 words, some have ten times as many. */
export function mixedLengths(count) {
  const random = randomNumbers(2);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return Array.from({ length: count }, () =>
    Math.min(Math.max(Math.round(45 * Math.exp(0.8 * normal())), 2), 400),
  );
}

const words = (
  "the of and to in a is that for it as was with be by on not he his but at are this have " +
  "from or had an they which one you were all her she there would their we him been has when " +
  "who will no more if out so up said what its about than into them can only other time new " +
  "some could these two may first then do any like my now over such our man me even most made " +
  "after also did many before"
).split(" ");
