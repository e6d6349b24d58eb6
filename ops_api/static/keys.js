// The keyboard: go, search, move through lists, mark jobs, act on what is marked.

import { confirmed, perform } from "./act.js";

const marked = new Set();
const rows = () => [...document.querySelectorAll("[data-job]")].filter((row) => row.offsetParent !== null);
const here = () => document.activeElement?.closest?.("[data-job]");

/** Listen to the keyboard for as long as the page is there. */
export function keys(refresh) {
  let going = false;
  const help = document.getElementById("keys");
  const button = document.getElementById("keys-button");
  button.hidden = false;
  button.addEventListener("click", () => help.showModal());
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isWriting(event.target)) return;
    if (document.querySelector("dialog[open]")) return;
    if (going) {
      going = false;
      document.querySelector(`[data-go="${CSS.escape(event.key)}"]`)?.click();
      return;
    }
    going = event.key === "g";
    const doing = KEYS[event.key];
    if (!doing) return;
    event.preventDefault();
    doing(refresh);
  });
  new MutationObserver(showMarks).observe(document.getElementById("main"), { childList: true, subtree: true });
}

const KEYS = {
  "?": () => document.getElementById("keys").showModal(),
  "/": () => search(),
  j: () => move(1),
  k: () => move(-1),
  x: () => mark(),
  r: (refresh) => onMarked("retry", "Retry", "data-retry", refresh),
  c: (refresh) => onMarked("cancel-jobs", "Cancel", "data-cancel", refresh),
  Escape: () => (marked.clear(), showMarks()),
};

function isWriting(target) {
  return target.matches?.("input, textarea, select") && target.type !== "checkbox";
}

function search() {
  const field = document.querySelector("input[type=search]");
  if (field) field.focus();
  else location.href = "/logs";
}

function move(step) {
  const all = rows();
  const next = all[Math.min(all.length - 1, Math.max(0, all.indexOf(here()) + step))];
  if (!next) return;
  next.tabIndex = -1;
  next.focus();
  next.scrollIntoView({ block: "nearest" });
}

function mark() {
  const job = here()?.dataset.job;
  if (!job) return;
  if (!marked.delete(job)) marked.add(job);
  showMarks();
}

function showMarks() {
  for (const row of document.querySelectorAll("[data-job]")) {
    const is = marked.has(row.dataset.job);
    if (is !== row.hasAttribute("data-marked")) row.toggleAttribute("data-marked", is);
  }
}

/** Act on the marked jobs that allow it, else on the one that has the focus; the question names the number. */
async function onMarked(verb, word, allows, refresh) {
  const able = rows().filter((row) => row.hasAttribute(allows));
  const chosen = able.filter((row) => (marked.size ? marked.has(row.dataset.job) : row === here()));
  const jobs = [...new Set(chosen.map((row) => row.dataset.job))];
  if (!jobs.length) return;
  const count = jobs.length === 1 ? "1 job" : `${jobs.length} jobs`;
  if (!(await confirmed(`${word} ${count}?`))) return;
  const fields = new URLSearchParams(jobs.map((job) => ["jobs", job]));
  if (await perform(`/do/${verb}`, fields, refresh)) marked.clear();
}
