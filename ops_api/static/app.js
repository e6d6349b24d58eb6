// What every page does beyond what it does without a script.

import { act } from "./act.js";
import { copies } from "./copy.js";
import { examples } from "./example.js";
import { keys } from "./keys.js";
import { live } from "./live.js";
import { counts } from "./once.js";
import { shelves } from "./shelf.js";
import { stories } from "./story.js";

const refresh = live();
if (refresh) {
  document.addEventListener("submit", (event) => {
    if (event.target.matches("form[data-act]")) act(event, refresh);
  });
  document.getElementById("refresh")?.addEventListener("click", (event) => {
    event.preventDefault();
    refresh();
  });
}
counts();
keys(refresh ?? (async () => location.reload()));
stories();
shelves();
examples();
copies();
