// Asks for the state's version every second, and shows the page's state anew when it is another one.
"use strict";

const INTERVAL = 1000;

async function look() {
  const gone = document.getElementById("gone");
  try {
    const { version } = await (await fetch("/_weft/dev")).json();
    const shown = document.getElementById("state");
    if (version !== shown.dataset.version) {
      const page = new DOMParser().parseFromString(await (await fetch("/")).text(), "text/html");
      shown.replaceWith(page.getElementById("state"));
    }
    gone.hidden = true;
  } catch {
    gone.hidden = false;
  }
  setTimeout(look, INTERVAL);
}

setTimeout(look, INTERVAL);
