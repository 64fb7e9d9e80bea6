/** The buttons that hand out the ink: files, and copies of the SVG and the link. */
import { download, FORMATS } from "./downloads.js";
import { OffTheBed } from "./formats/gcode.js";
import { toSvg } from "./formats/svg.js";
import { createMachine } from "./machine.js";

const at = (id) => document.getElementById(id);

/**
 * sheet: resolves to the sheet when it is finished. link: the page's address with all settings. lacks: what a link does
 * not hold, as a sentence, or "". Returns `outdated`.
 */
export function createTakeAlong({ sheet, link, lacks }) {
  const machine = createMachine();
  let held = ""; // of what the files hold, where that is not what is asked for
  at("formats").append(...Object.entries(FORMATS).map(([kind, { title }]) => {
    const button = document.createElement("button");
    Object.assign(button, { type: "button", textContent: title, id: `get-${kind}` });
    button.addEventListener("click", () => offer(kind));
    return button;
  }));
  at("copy-svg").addEventListener("click", async () =>
    copy(toSvg(await sheet()), "SVG", "Download the file instead.", held));
  at("copy-link").addEventListener("click", () => copy(link(), "Link", "The address bar has the link.", lacks()));

  async function offer(kind) {
    try {
      await download(kind, await sheet(), machine.machine());
      say(held, held !== "");
    } catch (error) {
      if (error instanceof OffTheBed) machine.open();
      say(error.message, true);
    }
  }

  async function copy(text, what, instead, more = "") {
    try {
      await navigator.clipboard.writeText(text);
      say(`${what} copied. ${more}`.trim());
    } catch {
      say(`This browser does not let the page copy. ${instead}`, true);
    }
  }

  /** Says that the files hold the former ink, and why; or, with "", that they hold what is asked for. */
  return function outdated(why) {
    const former = held;
    held = why && `The files hold what is on the paper, which is not what you asked for last: ${why}`;
    if (held !== former) say(held, held !== "");
  };
}

/** Beside the buttons, where it is seen. */
function say(text, trouble = false) {
  at("taken").textContent = text;
  at("taken").classList.toggle("trouble", trouble);
}
