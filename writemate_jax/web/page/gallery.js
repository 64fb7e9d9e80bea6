/** The styles to choose from, each with a preview: a group of radio buttons, so that arrow keys work, too. */
import { drawInk, drawPreview } from "./previews.js";
import { element } from "./svg.js";

/** options: [{name, title, note, preview, strokes}]; a picture is stored points, or strokes in any unit with y down. */
export function createGallery(box, chosen) {
  box.addEventListener("change", (event) => chosen(event.target.value));

  function show(options, value) {
    const focused = box.contains(document.activeElement);
    box.replaceChildren(...options.map(entry));
    select(value);
    if (focused) box.querySelector("input:checked")?.focus({ preventScroll: true }); // arrow keys go on from there
  }

  function select(value) {
    const input = [...box.querySelectorAll("input")].find((found) => found.value === value);
    if (!input) return;
    input.checked = true;
    const [card, frame] = [input.closest("label").getBoundingClientRect(), box.getBoundingClientRect()];
    box.scrollLeft += card.left - frame.left - (frame.width - card.width) / 2; // the box alone, never the page
    box.scrollTop += card.top - frame.top - (frame.height - card.height) / 2;
  }

  return { show, select };
}

function entry({ name, title, note, preview, strokes }) {
  const input = Object.assign(document.createElement("input"), { type: "radio", name: "hand", value: name });
  input.className = "unseen";
  const picture = element("svg", { "aria-hidden": "true", focusable: "false", preserveAspectRatio: "xMidYMid meet" });
  if (preview) drawPreview(picture, preview);
  else if (strokes?.length) drawInk(picture, strokes);
  const words = document.createElement("span");
  words.className = "name";
  words.textContent = title;
  const label = document.createElement("label");
  label.className = "card";
  if (note) {
    label.title = note;
    input.setAttribute("aria-description", note);
  }
  label.append(input, picture, words);
  return label;
}
