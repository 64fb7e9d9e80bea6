/**
 * Says why the page does not start where its modules cannot say so themselves. This is no module, and in a language
 * that old browsers know.
 */
(function () {
  var status = document.getElementById("status"), loading = status.textContent;

  function say(why) {
    if (status.textContent !== loading) return; // the page says something itself
    status.textContent = "WriteMate could not start: " + why;
    status.className = "trouble";
  }

  if (location.protocol === "file:") {
    say("it was opened as a file. It needs a web server, such as python -m http.server in its folder, and a current"
      + " browser.");
  } else if (!("noModule" in document.createElement("script") && [].at && Object.hasOwn && window.HTMLDialogElement)) {
    say("this browser is too old. A current one can.");
    document.documentElement.className = "old"; // where it reads the modules, they would fail later and know no reason
  }
  addEventListener("error", function (event) { // of a script that does not arrive, or that an old browser cannot read
    if (event.target === window || event.target.tagName === "SCRIPT") {
      say("a part of it could not be loaded, or this browser is too old. Reload the page to try again.");
    }
  }, true);
})();
