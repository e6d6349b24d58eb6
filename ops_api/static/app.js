// The page in place: what the server renders is fetched again and laid over what is there.

import { act } from "./act.js";
import { morph } from "./morph.js";

const EVERY = 5000;
const pill = { whole: "pill", word: "pill-word", age: "pill-age" };
for (const part in pill) pill[part] = document.getElementById(pill[part]);

let readAt = performance.now();
let reachable = true;
let timer;

const live = () => document.getElementById("live");
const isOperations = pill.whole !== null;

/** Whether a change under the reader's hands would disturb: text is selected, a question is open. */
function isBusy() {
  const selection = getSelection();
  const selects = !selection.isCollapsed && live().contains(selection.anchorNode);
  return selects || document.querySelector("dialog[open]") !== null;
}

async function refresh() {
  clearTimeout(timer);
  try {
    const answer = await fetch("/live", { headers: { Accept: "text/html" }, signal: AbortSignal.timeout(15000) });
    const text = await answer.text();
    const next = new DOMParser().parseFromString(text, "text/html").getElementById("live");
    reachable = next !== null;
    if (reachable) show(next);
  } catch {
    reachable = false;
  }
  tell();
  plan();
}

function show(next) {
  if (next.dataset.stale === "no") readAt = performance.now();
  if (!isBusy()) morph(live(), next);
  const failures = Number(next.dataset.failures);
  document.title = document.title.replace(/^(\(\d+\) )?/, failures ? `(${failures}) ` : "");
}

function plan() {
  clearTimeout(timer);
  if (!document.hidden) timer = setTimeout(() => (isBusy() ? (tell(), plan()) : refresh()), EVERY);
}

/** Say how true the page is: a number without its age would claim to be the present. */
function tell() {
  const seconds = Math.round((performance.now() - readAt) / 1000);
  const stale = !reachable || live().dataset.stale === "yes" || seconds > 4 * (EVERY / 1000);
  const word = stale ? "stale" : document.hidden || isBusy() ? "paused" : "live";
  live().classList.toggle("stale", stale);
  pill.whole.className = `pill ${word}`;
  pill.word.textContent = word;
  pill.age.textContent = seconds < 120 ? `${seconds} s` : `${Math.floor(seconds / 60)} min`;
}

if (isOperations) {
  document.addEventListener("submit", (event) => {
    if (event.target.matches("form[data-act]")) act(event, refresh);
  });
  document.getElementById("refresh").addEventListener("click", (event) => {
    event.preventDefault();
    refresh();
  });
  document.addEventListener("visibilitychange", () => (document.hidden ? clearTimeout(timer) : refresh()));
  setInterval(tell, 1000);
  tell();
  plan();
}
