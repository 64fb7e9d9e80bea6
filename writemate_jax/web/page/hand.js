/** Draw your own hand: the dialog that asks for a few written lines and has the engine learn from them. */
import { carried } from "./address.js";
import { save } from "./downloads.js";
import { bounds, strokesOf } from "./ink.js";
import { deleteHand, isOutdated, loadHand, persist, readHand, saveHand } from "./handstore.js";
import { createRecorder } from "./recorder.js";
import { suits } from "./suits.js";
import { expectedWidth, USUAL } from "./widths.js";

// Short enough for a telephone; together they have every letter.
export const SENTENCES = [
  "the quick brown fox", "jumps over a lazy dog", "Dear Anna, thank you!", "See you on May 27 at 3",
];
const MOST = 8; // lines that a hand is learned from
// A button that disables itself hands its focus to the first of these that is enabled; an import always is.
const HEIRS = {
  next: ["back", "import"], back: ["next", "import"], undo: ["next", "back", "import"],
  clear: ["undo", "next", "back", "import"], fit: ["next", "back", "import"],
  export: ["next", "back", "import"], delete: ["next", "back", "import"],
};
const TRIAL = "a line that shows how wide this hand is"; // not on paper

/**
 * engine: what learns. longest: characters of a line that it takes. used(learned): called with {vector, gates, primer,
 * trait, weights, ratio} when a hand is to be used. changed(hand): called with what is kept (handstore.js), or null, when it
 * has become another; it is `dialog.hand`, too. `dialog.outdated`: whether it was learned for another network and has to be
 * learned again.
 */
export function createHandDialog(engine, { used, changed, onServer, longest = Infinity }) {
  const at = (name) => document.getElementById(`own-${name}`);
  const dialog = document.getElementById("own");
  let hand, lines, step = 0, learning = null;
  let foreign = null; // what was learned for another network: kept until it is learned again, and not used
  const cleared = new Map(); // for each line that was cleared the strokes that it had
  take(loadHand());
  const recorder = createRecorder(at("canvas"), {
    changed: recorded, long: () => expectedWidth(lines[step].text) * USUAL,
  });

  at("privacy").textContent = `${onServer
    ? "Your ink is kept in this browser. It is sent only to learn your hand and to write in it, and never stored on the"
      + " server. A link that writes in your hand holds one of the lines."
    : "Your ink is kept in this browser and never leaves it, but for a link that you share: where it writes in your hand,"
      + " it holds one of the lines."} Export it, too: some browsers delete what a page keeps when nobody opens it for a`
    + " week.";

  function linesOf(kept) {
    return kept ? kept.lines.map((line) => ({ ...line })) : SENTENCES.map((text) => ({ text, strokes: [] }));
  }

  /** Takes a hand over, without what was learned for another network: to this one that means nothing. */
  function take(found) {
    foreign = found?.learned && !suits(found.learned, engine.network) ? found.learned : null;
    hand = foreign ? { ...found, learned: null } : found;
    lines = linesOf(hand);
  }

  function go(to) {
    step = to;
    recorder.strokes = lines[step].strokes;
    at("sentence").textContent = lines[step].text;
    at("step").textContent = `Line ${step + 1} of ${lines.length}.`;
    count();
  }

  function recorded() {
    if (refresh()) return; // or ink that was deleted elsewhere would come back
    lines[step].strokes = recorder.strokes;
    const trouble = keep(hand?.learned ?? null);
    if (trouble || !learning) say(trouble);
    count();
  }

  /** Keeps what is drawn and what was learned; returns what is to be said of it. */
  function keep(learned) {
    hand = { lines: lines.map((line) => ({ ...line })), learned };
    return store();
  }

  function store() {
    return saveHand({ ...hand, learned: hand.learned ?? foreign });
  }

  /** Takes over what another tab of this browser has changed, and returns whether there was anything. */
  function refresh() {
    if (!isOutdated()) return false;
    replace(loadHand(), step);
    say("Your ink was changed in another tab.");
    return true;
  }

  function count() {
    const strokes = lines[step].strokes.length, points = lines[step].strokes.flat().length;
    const done = drawn().length, focused = document.activeElement;
    at("count").textContent = `${plural(strokes, "stroke")}, ${plural(points, "point")} recorded.`
      + (done > 1 || (done && !strokes) ? ` ${plural(done, "line")} written.` : "");
    at("clear").disabled = !strokes;
    at("undo").disabled = !strokes && !cleared.has(step);
    at("undo").setAttribute("aria-label", strokes || at("undo").disabled ? "Undo the last stroke" : "Undo Clear");
    at("back").disabled = !step;
    at("next").disabled = step === lines.length - 1;
    at("fit").disabled = !done || learning !== null;
    at("export").disabled = at("delete").disabled = hand === null; // a learned hand holds a line that was cleared, too
    if (focused?.disabled) HEIRS[focused.id.slice("own-".length)]?.map(at).find((heir) => !heir.disabled)?.focus();
  }

  function clear() {
    cleared.set(step, recorder.strokes);
    recorder.clear();
  }

  function undo() {
    if (recorder.strokes.length) return recorder.undo();
    recorder.strokes = cleared.get(step);
    cleared.delete(step);
    recorded();
  }

  function drawn() {
    return lines.filter((line) => line.strokes.length);
  }

  function say(text) {
    at("status").textContent = text;
  }

  async function fit() {
    learning = new AbortController();
    const { signal } = learning, pressed = document.activeElement;
    count();
    const heir = document.activeElement;
    say("Learning your hand …");
    at("progress").hidden = false;
    at("progress").removeAttribute("value"); // until it is known
    try {
      const found = await engine.fit({ lines: drawn(), signal }, (share) => { at("progress").value = share; });
      // As a link has it, so that it writes the same; gates and trait are more than a link can hold.
      const { gates, trait = null } = found.hand;
      const own = { ...carried({ ...found.hand, ratio: USUAL }), gates, trait };
      const learned = { ...own, ratio: Math.fround(await ratioOf(own, signal)) };
      if (refresh()) return;
      foreign = null;
      const trouble = keep(learned);
      say(trouble);
      changed(hand);
      used(learned);
      persist();
      if (!trouble) dialog.close(); // it would not be seen
    } catch (error) {
      if (!signal.aborted) say(error.message);
    } finally {
      learning = null;
      at("progress").hidden = true;
      count();
      if (document.activeElement === heir) pressed.focus(); // where learning failed: it can be tried again
    }
  }

  /** Another hand, or none: what is being learned is of ink that is no longer there. */
  function replace(other, to = 0) {
    learning?.abort();
    take(other);
    cleared.clear();
    go(Math.min(to, lines.length - 1));
    changed(hand);
  }

  /** Asks before drawn lines or a learned hand go, which do not come back. question: of what is lost, in words. */
  function mayLose(question) {
    const count = drawn().length;
    const lost = [count && plural(count, "drawn line"), hand?.learned && "the learned hand"].filter(Boolean);
    return !lost.length
      || confirm(`${question(lost.join(" and "))} Without a file that you exported, nothing brings this back.`);
  }

  /** How wide the hand writes against the table of widths; as usual where it cannot be tried, by a busy server say. */
  async function ratioOf({ vector, gates, primer }, signal) {
    let ratio = USUAL;
    const hand = { vector, gates, primer };
    try {
      await engine.write({ lines: [TRIAL], seed: 1, hand, candidates: 1, signal }, (_, line) => {
        const { left, right } = bounds(strokesOf(line.points));
        if (line.complete) ratio = Math.min(2, Math.max(0.4, (right - left) / expectedWidth(TRIAL)));
      });
    } catch (error) {
      if (signal.aborted) throw error;
    }
    return ratio;
  }

  at("undo").addEventListener("click", undo);
  at("clear").addEventListener("click", clear);
  at("back").addEventListener("click", () => go(step - 1));
  at("next").addEventListener("click", () => go(step + 1));
  at("fit").addEventListener("click", fit);
  at("export").addEventListener("click", () =>
    save(new Blob([`${JSON.stringify({ ...hand, lines })}\n`], { type: "application/json" }), "my-hand.json"));
  at("import").addEventListener("change", async ({ target }) => {
    try {
      const found = readHand(await target.files[0].text());
      const usable = found.lines.filter(({ text }) => [...text].length <= longest).slice(0, MOST);
      const limit = `a hand is learned from at most ${MOST}`
        + (longest < Infinity ? `, of at most ${longest} characters` : "");
      if (!usable.length) throw new Error(`No line of the file can be taken: ${limit}.`);
      if (mayLose((lost) => `Replace ${lost} by what the file holds?`)) {
        replace({ ...found, lines: usable });
        const all = found.lines.length, most = all > usable.length ? ` of ${all}; ${limit}` : "";
        say(`Imported ${plural(usable.length, "line")}${most}. Choose "Use this hand". ${store()}`);
      }
    } catch (error) {
      say(error.message);
    }
    target.value = ""; // so that the same file can be chosen again
  });
  at("delete").addEventListener("click", () => {
    if (!mayLose((lost) => `Delete ${lost}?`)) return;
    deleteHand();
    replace(null);
    say("Your ink is deleted.");
  });
  dialog.addEventListener("close", () => learning?.abort());
  dialog.addEventListener("keydown", (event) => {
    // A key that is held would press what the focus is handed on to: Undo behind Clear, until no stroke is left.
    if (event.repeat && event.key === "Enter" && event.target.matches("button")) event.preventDefault();
  });
  addEventListener("storage", refresh);

  return {
    get hand() { return hand; },
    get outdated() { return foreign !== null; },
    open() {
      refresh();
      say(foreign ? 'Your hand was learned for another version of the network. "Use this hand" learns it again.' : "");
      dialog.showModal();
      go(Math.max(0, lines.findIndex((line) => !line.strokes.length)));
    },
  };
}

function plural(count, word) {
  return `${count} ${word}${count === 1 ? "" : "s"}`;
}
