/** Says which characters a text was written with for those that the network does not know. Pure. */

const MOST = 8; // changes that are named
const UNSEEN = /[\p{Cf}\p{M}]/u; // has no ink of its own
const ASCII = /[ -~]/; // the network's own characters: they are written as they are

/** A sentence, or "" where nothing but spaces changed. pairs: [what was asked for, what is written] of each line. */
export function replaced(pairs) {
  const found = [...new Map(pairs.flatMap(([asked, written]) => changesOfLine(asked.normalize("NFC"), written)))];
  if (!found.length) return "";
  const named = found.slice(0, MOST).map(([asked, written], i) => (
    `“${asked}”${i ? "" : " is written"} as ${written ? `“${written}”` : "nothing"}`));
  const more = found.length - named.length;
  return `${named.join(", ")}${more ? `, and ${more} more` : ""}.`;
}

function changesOfLine(asked, written) {
  const [before, after] = [asked, written].map((line) => line.trim().split(/\s+/));
  if (before.length !== after.length) return [[asked, written]]; // which word became which is not known
  return before.flatMap((word, i) => changesOfWord(word, after[i]));
}

/** Characters at both ends that only lost their accents one by one, and then what is between them. */
function changesOfWord(asked, written) {
  const before = [], between = [...asked], after = [];
  let left = written;
  for (let c = plain(between[0]); c && left.startsWith(c); c = plain(between[0])) {
    before.push([between.shift(), c]);
    left = left.slice(c.length);
  }
  for (let c = plain(between.at(-1)); c && left.endsWith(c); c = plain(between.at(-1))) {
    after.unshift([between.pop(), c]);
    left = left.slice(0, -c.length);
  }
  return [...before, ...changesOfRun(between, [...left]), ...after].filter(([one, other]) => one !== other);
}

/** A character without its accents, or "". */
function plain(character = "") {
  return UNSEEN.test(character) ? "" : character.normalize("NFKD").replace(/\p{M}/gu, "");
}

/** Character by character where each became one other, else as a whole. */
function changesOfRun(asked, written) {
  if (!written.length && asked.every((c) => UNSEEN.test(c))) return [];
  const apart = asked.length === written.length
    && asked.every((c, i) => c === written[i] || !(ASCII.test(c) || UNSEEN.test(c)));
  return apart ? asked.map((c, i) => [c, written[i]]) : [[asked.join(""), written.join("")]];
}
