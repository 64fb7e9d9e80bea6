/** The page's controls: what they show is the settings, and what they change comes back as (name, value). */
import { LARGEST_SEED, LONGEST_TEXT } from "./address.js";
import { PAPERS, SIZES } from "./sheet.js";

const INKS = {
  "#1a2a5e": "Blue-black", "#20242b": "Black", "#1f5fa8": "Royal blue", "#0f5f52": "Green", "#8c2f2b": "Red",
};

const at = (id) => document.getElementById(id);

export function createControls(changed) {
  radios(at("inks"), "ink", Object.entries(INKS), (value) => changed("color", value), (label, [value]) => {
    label.classList.add("swatch");
    label.style.setProperty("--ink", value);
  });
  radios(at("papers"), "paper", Object.entries(PAPERS), (value) => changed("paper", value), (label, [value]) => {
    label.classList.add("choice", `paper-${value}`);
  });
  const sizes = Object.entries(SIZES).map(([name, { title }]) => [name, title]);
  radios(at("sizes"), "size", sizes, (value) => changed("size", value), (label) => label.classList.add("choice"));

  at("text").maxLength = LONGEST_TEXT;
  at("text").addEventListener("input", ({ target }) => changed("text", target.value));
  at("color").addEventListener("input", ({ target }) => changed("color", target.value));
  at("attention").addEventListener("change", ({ target }) => changed("attention", target.checked));
  for (const name of ["bias", "pen", "speed"]) {
    at(name).addEventListener("input", ({ target }) => changed(name, Number(target.value)));
  }
  at("seed").addEventListener("change", ({ target }) => {
    const seed = Number(target.value);
    if (target.value.trim() && Number.isInteger(seed) && seed >= 0 && seed <= LARGEST_SEED) changed("seed", seed);
    else changed("seed", null);
  });

  /** Brings all controls to the settings, but for a field that is being typed in and says the same already. */
  function show(settings) {
    for (const name of ["text", "seed", "bias", "pen", "speed", "color"]) {
      if (at(name).value !== String(settings[name])) at(name).value = settings[name];
    }
    at("attention").checked = settings.attention;
    check("ink", settings.color);
    check("paper", settings.paper);
    check("size", settings.size);
    at("bias-value").value = settings.bias.toFixed(1);
    at("pen-value").value = `${settings.pen.toFixed(2)} mm`;
    at("speed-value").value = `${Number((2 ** settings.speed).toFixed(1))}×`;
  }

  return { show };
}

function radios(box, name, entries, chosen, dress) {
  box.replaceChildren(...entries.map((entry) => {
    const [value, title] = entry;
    const input = Object.assign(document.createElement("input"), { type: "radio", name, value, className: "unseen" });
    const words = Object.assign(document.createElement("span"), { textContent: title });
    const label = document.createElement("label");
    label.append(input, words);
    dress(label, entry);
    return label;
  }));
  box.addEventListener("change", ({ target }) => chosen(target.value));
}

function check(name, value) {
  for (const input of document.querySelectorAll(`input[name="${name}"]`)) input.checked = input.value === value;
}
