/** The page's wiring: settings, the scribe that asks the engine, the sheet, the player. */
import { DEFAULTS, format, LARGEST_SEED, LONGEST_TEXT, parse } from "./address.js";
import { createAttention } from "./attention.js";
import { createControls } from "./controls.js";
import { rulesOf } from "./formats/svg.js";
import { createGallery } from "./gallery.js";
import { createHandDialog } from "./hand.js";
import { bounds, strokesOf } from "./ink.js";
import { place, wrap } from "./layout.js";
import { createMessages } from "./messages.js";
import { times } from "./neatness.js";
import { createPlayer, motionless } from "./player.js";
import { drawPreview, loadPreviews } from "./previews.js";
import { createScribe } from "./scribe.js";
import { baseline } from "./sheet.js";
import { suits } from "./suits.js";
import { summary, tooLong } from "./summary.js";
import { element } from "./svg.js";
import { createTakeAlong } from "./takealong.js";

const PAUSE = 250; // ms without typing after which the text is written
const SETTLED = 200; // ms without changes after which the address says them: browsers allow few changes a second
const MOST_LINES = 40;
const WIDE = 4; // heights of ink that a card shows
const OWN = "own", LINKED = "linked"; // the gallery's values for hands that are no styles; no style has these names
const CHOSEN = ["seed", "style", "hand", "attention"]; // settings that are changed at a click and ask for other ink,
const REWRITTEN = [...CHOSEN, "text", "bias", "size"]; // and all that do
const WELCOME = {
  text: "Hello! This is a small network\nthat writes by hand.\nWhat shall it write for you?", style: "leaning", seed: 4,
};

const at = (id) => document.getElementById(id);

export async function start() {
  const previewed = loadPreviews();
  const config = await (await fetch(new URL("config.json", document.baseURI))).json();
  const onServer = config.engine !== "browser";
  const { createEngine } = await (onServer ? import("./engine/server.js") : import("./engine/browser.js"));
  const engine = await createEngine(config);
  const [styles, previews] = await Promise.all([engine.styles(), previewed]);
  if (previews.wordmark) drawPreview(at("wordmark"), previews.wordmark);
  at("engine-note").textContent = onServer
    ? "A network of a million weights writes this on a server, which stores nothing of it. A link holds the text, but"
      + " in the part that browsers do not send."
    : "A network of a million weights writes this inside your browser; nothing that you type leaves it. A server's ink"
      + " for the same seed may differ.";
  if (!onServer) keepOffline();
  const { lines: mostLines = MOST_LINES, ink: longest } = config.limits ?? {};
  run({ engine, styles, previews, onServer, mostLines, longest, neater: config.neater });
}

/** Where a browser allows it, which it does for addresses that are secure. */
function keepOffline() {
  navigator.serviceWorker?.register(new URL("offline.js", document.baseURI)).catch((error) => console.info(error));
}

/**
 * longest: characters of a line of ink that the engine takes. neater: of which lines the bias is more than that of the
 * settings, see neatness.js.
 */
function run({ engine, styles, previews, onServer, mostLines, longest, neater }) {
  const small = matchMedia("(max-width: 40rem)").matches;
  const names = new Set(styles.map(({ name }) => name));
  const offered = names.size ? [...names] : engine.network.hands;
  const first = { ...DEFAULTS, size: small ? "card" : "note" };
  let settings;
  let linked = null; // the last hand that came with an address and is not the one that this browser keeps
  let foreign = false; // whether the address' hand is for another network
  let request = { lines: [] }; // what was last asked for
  let rows = [], inks = []; // the rows of the text, and for each the line that is shown
  let size; // that the rows are for
  let sheet = null, timer = null, addressTimer = null, settled = Promise.resolve(), asked = 0;

  const scribe = createScribe(engine);
  const groups = Object.fromEntries(["rules", "ink", "caption"].map((name) => [name, element("g", { class: name })]));
  at("sheet").append(...Object.values(groups));
  const lit = createAttention(groups.caption);
  const player = createPlayer(groups.ink, {
    changed: penState,
    moved: (line, point) => lit(settings.attention ? line : null, point),
  });
  const messages = createMessages(() => write(), { needed: onServer });
  const controls = createControls(change);
  const gallery = createGallery(at("gallery"), choose);
  const dialog = createHandDialog(engine, {
    onServer,
    longest,
    used: (hand) => change("hand", hand),
    changed: (hand) => {
      if (settings.hand && settings.hand !== linked) change("hand", hand?.learned ?? null);
      else showGallery();
    },
  });

  // Settings

  /** The settings of the address; a style that this engine lacks is left to the seed, as is a hand of no use to it. */
  function read() {
    const found = parse(location.hash, location.hash.length > 1 ? first : { ...first, ...WELCOME });
    foreign = found.hand !== null && !suits(found.hand, engine.network);
    return { ...found, hand: foreign ? null : found.hand, style: names.has(found.style) ? found.style : "" };
  }

  /** Begins anew with some settings. A link leaves out a hand's gates: they are there where the browser keeps it. */
  function open(found) {
    const { learned = null } = dialog.hand ?? {};
    const kept = found.hand && learned?.vector.every((x, i) => x === found.hand.vector[i]);
    settings = kept ? { ...found, hand: learned } : found;
    if (settings.hand && !kept) linked = settings.hand;
    applied();
    showGallery();
    write();
  }

  function change(name, value) {
    if (name === "seed" && value === null) {
      controls.show(settings);
      return messages.note(`A seed is a whole number from 0 to ${LARGEST_SEED}; it stays ${settings.seed}.`);
    }
    settings = { ...settings, [name]: value };
    applied(name);
    if (name === "hand" || name === "style") foreign = false;
    if (name === "hand") showGallery();
    else if (name === "style") showMissing();
    if (!REWRITTEN.includes(name)) return draw();
    clearTimeout(timer);
    timer = setTimeout(() => write({ replay: name === "attention" && value }), CHOSEN.includes(name) ? 0 : PAUSE);
  }

  function applied() {
    controls.show(settings);
    player.speed = 2 ** settings.speed;
    clearTimeout(addressTimer);
    addressTimer = setTimeout(() => history.replaceState(null, "", `#${format(settings)}`), SETTLED);
  }

  function choose(value) {
    if (value === OWN) return change("hand", dialog.hand.learned);
    if (value === LINKED) return change("hand", linked);
    settings.hand = null;
    change("style", value);
  }

  function showGallery() {
    const options = styles.map(({ name, title, note }) => ({
      name, title: title ?? name[0].toUpperCase() + name.slice(1), note, preview: previews.styles[name]?.points }));
    const any = { name: "", title: "Any hand", note: "the seed picks one", preview: previews.any };
    const hands = [];
    if (dialog.hand?.learned) {
      const { lines, learned } = dialog.hand;
      const strokes = lines.find((line) => line.strokes.length)?.strokes ?? inkOf(learned);
      hands.push({ name: OWN, title: "Your own", note: "as you drew it", strokes: firstWords(strokes) });
    }
    if (linked) {
      hands.push({ name: LINKED, title: "From the link", note: "as it came", strokes: firstWords(inkOf(linked)) });
    }
    const own = settings.hand === linked ? LINKED : OWN;
    gallery.show([...hands, any, ...options], settings.hand ? own : settings.style);
    showMissing();
  }

  /** Which hand is not among them, and why. */
  function showMissing() {
    const own = 'Your own hand was learned for another version of the network. To learn it again from your ink, press'
      + ' "Draw your own" and "Use this hand".';
    const link = "The hand of this link was learned for another version of the network; this is another hand.";
    at("missing").textContent = dialog.outdated ? own : foreign ? link : "";
  }

  // Writing

  /**
   * The style's name; without one, the seed picks the same for all lines: the engine would pick for each request, and the
   * lines of a text come in several.
   */
  function styleName() {
    if (settings.style) return settings.style;
    if (!offered.length) return "random";
    const mixed = Math.imul(settings.seed + 1, 0x9e3779b1) >>> 8; // neighbouring seeds, different hands
    return offered[mixed % offered.length];
  }

  function write({ replay = false } = {}) {
    clearTimeout(timer);
    timer = null;
    const style = styleName();
    const { seed, attention, hand: own } = settings;
    const ratio = own?.ratio ?? previews.styles[style]?.ratio;
    const found = wrap(settings.text, settings.size, ratio);
    const cut = settings.text.length < LONGEST_TEXT ? ""
      : ` Of a longer text the first ${LONGEST_TEXT} characters are here.`;
    const refused = tooLong(found, settings.size, mostLines, cut);
    if (refused) { // what is on the paper stays, and can be saved
      scribe.stop();
      messages.say(refused, true);
      draw();
      return stale(refused);
    }
    rows = found;
    size = settings.size;
    const lines = rows.filter(Boolean);
    const primed = own ? own.primer : styles.length > 0; // each style that has a name is written behind a line
    // Where the neatness is the usual one, the engine knows best what bias each line wants.
    const usual = settings.bias === DEFAULTS.bias;
    const biasOf = (line) => Math.round(settings.bias * times(line, primed, neater) * 100) / 100;
    const biases = lines.map((line) => (usual ? null : biasOf(line)));
    request = { lines, seed, biases, style, hand: own && handOf(own), candidates: null, attention };
    draw();
    settled = ask(replay);
  }

  async function ask(replay) {
    const mine = ++asked;
    const slow = setTimeout(() => messages.say("Writing …"), 250);
    at("paper").setAttribute("aria-busy", "true");
    try {
      if (!(await scribe.write(request, draw))) return;
      clearTimeout(slow);
      draw();
      if (replay) player.replay();
      messages.say(summary(rows, inks, size, sheet.height));
      stale("");
    } catch (error) {
      messages.fail(error);
      stale(error.message);
    } finally {
      clearTimeout(slow);
      if (mine === asked) at("paper").removeAttribute("aria-busy");
    }
  }

  /** Why the paper still has former ink, which is what can be saved; "" where it has what is asked for. */
  function stale(why) {
    outdated(sheet.lines.some(Boolean) ? why : "");
  }

  /** Lays out what is known; a row keeps its former ink until the new one is there. */
  function draw() {
    const former = inks;
    let index = 0;
    inks = rows.map((text, row) => (text ? scribe.ink(request, index++) ?? former[row] ?? null : null));
    const laid = { ...settings, size: size ?? settings.size };
    sheet = place(rows, inks.map((line) => line && strokesOf(line.points)), laid, (row) => ({
      text: inks[row].text, rows: inks[row].points, pace: inks[row].pointsPerSecond, complete: inks[row].complete,
      attention: inks[row].attention, bias: inks[row].bias, seed: inks[row].seed,
      baseline: baseline(laid.size, row),
    }));
    const said = sheet.lines.filter(Boolean).map((line) => line.text).join(" / ");
    at("sheet").setAttribute("viewBox", `0 0 ${sheet.width} ${sheet.height}`);
    at("sheet").setAttribute("aria-label", said ? `Handwriting: ${said}` : "Empty paper");
    at("paper").style.setProperty("--width", sheet.width);
    at("paper").style.setProperty("--shape", `${sheet.width} / ${sheet.height}`);
    groups.rules.innerHTML = rulesOf(sheet);
    for (const [name, value] of Object.entries({
      fill: "none", stroke: sheet.color, "stroke-width": sheet.pen,
      "stroke-linecap": "round", "stroke-linejoin": "round",
    })) groups.ink.setAttribute(name, value);
    player.show(sheet.lines);
    for (const button of document.querySelectorAll(".downloads button:not(#copy-link)")) button.disabled = !said;
  }

  function penState(state) {
    at("paper").dataset.state = state;
    at("pause").textContent = state === "paused" ? "Go on" : "Pause";
    const finished = state === "finished";
    if (finished && [at("pause"), at("skip")].includes(document.activeElement)) at("replay").focus(); // or it would be lost
    at("pause").disabled = at("skip").disabled = finished;
  }

  /** Resolves when what has been typed is ink, or cannot be. */
  async function finished() {
    let mine;
    do { // what is typed meanwhile is waited for, too: a sheet is of one text
      if (timer !== null) write();
      mine = settled;
      await mine;
    } while (timer !== null || mine !== settled);
  }

  // Buttons

  const outdated = createTakeAlong({
    sheet: async () => {
      await finished();
      return sheet;
    },
    link: () => new URL(`#${format(settings)}`, location.href).href,
    lacks: () => {
      const { gates = null, trait = null } = settings.hand ?? {};
      return gates || trait ? "It holds a line of your ink; your hand as a whole stays in this browser, so that on another"
        + " device it is written a little less alike." : "";
    },
  });
  at("write").addEventListener("click", () => write({ replay: !motionless() }));
  at("new-seed").addEventListener("click", () => change("seed", 1 + Math.floor(Math.random() * 999_999)));
  at("pause").addEventListener("click", () => player.pause(player.state === "writing"));
  at("skip").addEventListener("click", () => player.skip());
  at("replay").addEventListener("click", () => player.replay());
  at("draw").addEventListener("click", () => dialog.open());
  addEventListener("hashchange", () => open(read()));

  for (const button of document.querySelectorAll("main button:disabled")) button.disabled = false; // they work now
  penState("finished");
  const typed = at("text").value; // before the page was ready
  open(typed ? { ...read(), text: typed } : read());
}

/** What an engine takes. */
function handOf({ vector, gates, primer, trait = null, weights }) {
  return { vector, gates, primer, trait, weights };
}

/** The strokes of a hand's primer, y down. */
function inkOf({ primer }) {
  return strokesOf((primer?.strokes ?? []).map(([dx, dy, eos]) => [dx, -dy, eos]));
}

/** As many of a line's first strokes as a card shows large enough. */
function firstWords(strokes) {
  if (!strokes.length) return [];
  const { left, bottom, top } = bounds(strokes);
  return strokes.filter((stroke) => stroke[0][0] < left + WIDE * Math.abs(top - bottom));
}

if (!document.documentElement.classList.contains("old")) start().catch((error) => {
  console.warn(error);
  const why = error.kind ? error.message : "its files or its engine could not be loaded.";
  at("status").textContent = `WriteMate could not start: ${why} Reload the page to try again.`;
  at("status").classList.add("trouble");
});
