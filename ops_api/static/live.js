// The part of a page that changes: the server renders it again and it is laid over what is there.
//
// `#live` says with `data-from` where it is read from. Without that, a page stays as it is; with `data-calm` it is read
// now and then only, whatever the ledger does.

import { morph } from "./morph.js";
import { showUnderWay } from "./once.js";

/** How often it is read without news while the stream is broken, and while it is whole (relative times age). */
const POLL = 5000;
const REST = 20000;
/** Between two reads however much happens, and how long each may take of that. */
const LEAST = 800;
const SHARE = 5;

const root = () => document.getElementById("live");

/** Keep the page's live part up to date; returns a function that reads it at once, null where nothing changes. */
export function live() {
  if (!root()?.dataset.from) return null;
  const page = new Live();
  page.start();
  return () => page.readNow();
}

/** Whether a change under the reader's hands would disturb: text is selected, a question or a menu is open. */
function isBusy() {
  const selection = getSelection();
  const selects = !selection.isCollapsed && root().contains(selection.anchorNode);
  const writes = root().contains(document.activeElement) && document.activeElement.matches("input:not([type=checkbox]), textarea, select");
  return selects || writes || document.querySelector("dialog[open], details.menu[open], details[data-story][open]") !== null;
}

class Live {
  readAt = performance.now();
  cost = 0;
  reachable = true;
  streaming = false;
  reading = null;
  wanted = false;
  missed = false;
  forced = false;
  lastTry = 0;

  start() {
    this.pill = document.getElementById("pill");
    document.addEventListener("visibilitychange", () => (document.hidden ? this.rest() : this.wake()));
    document.addEventListener("selectionchange", () => this.tell());
    setInterval(() => this.tick(), 1000);
    this.wake();
    this.tell();
  }

  wake() {
    this.stream ??= this.listen();
    this.read();
  }

  rest() {
    this.stream?.close();
    this.stream = null;
    this.streaming = false;
    this.tell();
  }

  listen() {
    const stream = new EventSource("/api/events");
    stream.addEventListener("open", () => (this.streaming = true));
    stream.addEventListener("error", () => {
      this.streaming = false;
      if (stream.readyState === EventSource.CLOSED && this.stream === stream) this.stream = null;
      this.tell();
    });
    stream.addEventListener("changed", () => "calm" in root().dataset || this.want());
    return stream;
  }

  /** Something changed: read soon, and not more often than the server can bear. What is being read may be of before. */
  want() {
    if (this.wanted) return;
    this.wanted = true;
    const pause = Math.max(LEAST, SHARE * this.cost) - (performance.now() - this.readAt);
    setTimeout(async () => {
      await this.reading;
      this.wanted = false;
      this.read();
    }, Math.max(0, pause));
  }

  tick() {
    if (document.hidden) return;
    if (!this.stream) this.stream = this.listen();
    const age = performance.now() - this.lastTry;
    if (age > (this.streaming ? REST : POLL) || (this.missed && !isBusy())) this.read();
    this.tell();
  }

  read() {
    this.reading ??= this.fetch().finally(() => (this.reading = null));
    return this.reading;
  }

  /** After something that the reader did: whatever is in the way, what it led to is shown. */
  async readNow() {
    await this.reading;
    this.forced = true;
    await this.read();
  }

  async fetch() {
    const begun = (this.lastTry = performance.now());
    try {
      const answer = await fetch(root().dataset.from, { headers: { Accept: "text/html" }, signal: AbortSignal.timeout(15000) });
      if (answer.redirected && new URL(answer.url).pathname === "/login") return location.reload();
      const next = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("live");
      this.reachable = next !== null;
      if (this.reachable) this.show(next);
    } catch {
      this.reachable = false;
    }
    this.cost = performance.now() - begun;
    this.tell();
  }

  show(next) {
    this.missed = isBusy() && !this.forced;
    if (this.missed) return;
    this.forced = false;
    if (next.dataset.stale !== "yes") this.readAt = performance.now();
    morph(root(), next);
    showUnderWay();
    const failures = Number(next.dataset.failures || 0);
    document.title = document.title.replace(/^(\(\d+\) )?/, failures ? `(${failures}) ` : "");
  }

  /** Say how true the page is: a number without its age would claim to be the present. */
  tell() {
    const seconds = Math.round((performance.now() - this.readAt) / 1000);
    const word = this.word(seconds);
    root().classList.toggle("stale", word === "stale");
    if (!this.pill) return;
    this.pill.className = `pill ${word}`;
    const [said, age] = [word, seconds < 120 ? `${seconds} s` : `${Math.floor(seconds / 60)} min`];
    document.getElementById("pill-word").textContent = said;
    document.getElementById("pill-age").textContent = age;
  }

  word(seconds) {
    if (root().dataset.stale === "yes" || !this.reachable) return "stale";
    if (document.hidden || isBusy()) return "paused";
    if (seconds > (2 * REST) / 1000) return "stale";
    return this.streaming ? "live" : "reconnecting";
  }
}
