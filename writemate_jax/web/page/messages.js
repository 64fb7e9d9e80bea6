/** What the page says about its work, and the button to try again. */

/** retry(): asks again. needed: whether nothing is written without a network. */
export function createMessages(retry, { needed }) {
  const status = document.getElementById("status"), button = document.getElementById("retry");
  let timer = null, wanted = false;

  function clear() {
    clearInterval(timer);
    timer = null;
    wanted = false;
    button.hidden = true;
  }

  function say(text, trouble = false) {
    clear();
    tell(text, trouble);
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
      const due = Date.now() + 1000 * (error.retryAfter ?? 2);
      const show = () => {
        const seconds = Math.ceil((due - Date.now()) / 1000);
        if (seconds <= 0) again();
        else tell(`${error.message} Trying again in ${seconds} s.`, true);
      };
      show();
      timer = setInterval(show, 1000);
    }
  }

  button.addEventListener("click", again);
  addEventListener("online", () => wanted && again());
  if (needed) addEventListener("offline", () => fail({ kind: "offline", message: "This device is offline." }));

  return { say, fail };
}
