/** What the page says about its work, and the button to try again. */

/** retry(): asks again. needed: whether nothing is written without a network. */
export function createMessages(retry, { needed }) {
  const status = document.getElementById("status"), button = document.getElementById("retry");
  let timer = null, wanted = false;

  function clear() {
    clearTimeout(timer);
    timer = null;
    wanted = false;
    if (document.activeElement === button) document.getElementById("write").focus(); // what is hidden has no focus
    button.hidden = true;
  }

  function say(text, trouble = false) {
    clear();
    tell(text, trouble);
  }

  /** Says what has to be corrected, whatever is waited for. */
  function note(text) {
    tell(text, true);
  }

  function tell(text, trouble) {
    status.textContent = text;
    status.classList.toggle("trouble", trouble);
  }

  function again() {
    clear();
    retry();
  }

  /** Says what an engine's error says, and tries again by itself where that can help. */
  function fail(error) {
    say(error.message, true);
    button.hidden = !["busy", "offline", "failed"].includes(error.kind ?? "failed");
    wanted = error.kind === "offline";
    if (error.kind === "busy") {
      const seconds = Math.ceil(error.retryAfter ?? 2);
      tell(`${error.message} Trying again in ${seconds} s.`, true); // once: each change would be read out
      timer = setTimeout(again, 1000 * seconds);
    }
  }

  button.addEventListener("click", again);
  addEventListener("online", () => wanted && again());
  if (needed) addEventListener("offline", () => fail({ kind: "offline", message: "This device is offline." }));

  return { say, note, fail };
}
