/** The buttons that hand out the ink: files, and copies of the SVG and the link. */
import { download, FORMATS } from "./downloads.js";
import { MACHINE } from "./formats/gcode.js";
import { toSvg } from "./formats/svg.js";

const at = (id) => document.getElementById(id);

/** sheet: resolves to the sheet when it is finished. link: the page's address with all settings. say(text, trouble). */
export function createTakeAlong({ sheet, link, say }) {
  at("formats").append(...Object.entries(FORMATS).map(([kind, { title }]) => {
    const button = document.createElement("button");
    Object.assign(button, { type: "button", textContent: title, id: `get-${kind}` });
    button.addEventListener("click", () => offer(kind));
    return button;
  }));
  at("copy-svg").addEventListener("click", async () =>
    copy(toSvg(await sheet()), "SVG", "Download the file instead."));
  at("copy-link").addEventListener("click", () => copy(link(), "Link", "The address bar has the link."));

  async function offer(kind) {
    try {
      await download(kind, await sheet(), machine());
    } catch (error) {
      say(error.message, true);
    }
  }

  async function copy(text, what, instead) {
    try {
      await navigator.clipboard.writeText(text);
      say(`${what} copied.`);
    } catch {
      say(`This browser does not let the page copy. ${instead}`, true);
    }
  }
}

/** The machine that is described on the page. */
function machine() {
  const number = (id) => at(id).valueAsNumber;
  return { ...MACHINE, bed: [number("bed-width"), number("bed-depth")], feed: number("feed"), travel: number("travel"),
    penUp: at("pen-up").value, penDown: at("pen-down").value };
}
