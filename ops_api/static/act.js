// A form sent without leaving the page. The server's sentence is shown as it is; nothing is assumed to have worked.

import { once, says, wishOf } from "./once.js";

/** How long clearing can be taken back (milliseconds). */
const UNDO = 10000;

/** Send the form of a submit event, show what the server says, then `refresh`. */
export function act(event, refresh) {
  event.preventDefault();
  const form = event.target;
  const wish = wishOf(form, event.submitter ?? form.querySelector("button"));
  return once(wish, async () => {
    if (wish.fields.get("ask") && !(await confirmed(wish.fields.get("ask")))) return;
    says(wish, form.dataset.busy || "");
    form.closest("details.menu")?.removeAttribute("open");
    await perform(wish.action, wish.fields, refresh);
  });
}

/** Send these fields; whether it was done. */
export async function perform(action, fields, refresh) {
  if (!fields.has("confirmed")) fields.set("confirmed", "true");
  const said = await send(action, withToken(fields));
  say(said, refresh);
  if (!said.bad) await refresh();
  return !said.bad;
}

/** The page's token against forged requests, where it has one. */
function withToken(fields) {
  const token = document.querySelector("meta[name=csrf]")?.content;
  if (token && !fields.has("csrf")) fields.set("csrf", token);
  return fields;
}

async function send(action, fields) {
  try {
    const answer = await fetch(action, { method: "POST", body: fields, headers: { Accept: "application/json" } });
    const body = await answer.json();
    return answer.ok ? { ...body, bad: false } : { message: body.error.message, bad: true };
  } catch {
    return { message: "The server did not answer, so it is not known whether this was done.", bad: true };
  }
}

/** Show a sentence where screen readers hear it. */
function say({ message, bad, undo }, refresh) {
  const box = document.createElement("div");
  box.className = bad ? "said bad" : "said";
  const line = document.createElement("p");
  line.textContent = message;
  box.append(line);
  if (undo) box.append(undoButton(undo, refresh));
  document.getElementById("said").replaceChildren(box);
}

function undoButton(moment, refresh) {
  const button = document.createElement("button");
  button.textContent = "Undo";
  button.addEventListener("click", () => perform("/do/unclear", new URLSearchParams({ moment }), refresh), { once: true });
  setTimeout(() => button.remove(), UNDO);
  return button;
}

/** Ask once; the answer that changes nothing is the one that Escape and Enter give. */
export function confirmed(question) {
  const dialog = document.getElementById("confirm");
  document.getElementById("question").textContent = question;
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}
