// A wish is made once, however often and quickly its button is clicked.

/** How long a form that leads to another page is not sent again (milliseconds): by then it is there, or never comes. */
const LEAVES = 5000;

/** The wishes that are being made, by name, and what their buttons say meanwhile. */
const underWay = new Map();
/** What the buttons that say so said before. */
const words = new WeakMap();
/** The button that was clicked last, how often in a row by the browser's count, and what the first click asked for. */
let hit = null;
let clicks = 0;
let asked = null;

/** Count clicks, and send the forms that lead to another page once. */
export function counts() {
  document.addEventListener("click", count, true);
  let left = new WeakSet();
  addEventListener("pageshow", () => (left = new WeakSet()));
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.getAttribute("method") !== "post") return;
    if (left.has(form)) event.preventDefault();
    left.add(form);
    setTimeout(() => left.delete(form), LEAVES);
  });
}

/** The second click of a double click means what the first one hit, whatever has come to lie there since. */
function count(event) {
  const button = event.target.closest("button");
  clicks = event.detail;
  if (clicks > 1 && button !== hit) {
    event.preventDefault();
    event.stopPropagation();
    return;
  }
  hit = button;
  if (clicks < 2) asked = null;
}

/** What a button of a form asks for: where, with which fields, and both in one name. */
export function wishOf(form, button) {
  const action = button?.getAttribute("formaction") ?? form.getAttribute("action");
  const fields = new URLSearchParams(new FormData(form));
  if (button?.name) fields.append(button.name, button.value);
  return { action, fields, name: `${action}?${fields}` };
}

/** Make a wish by `make`, unless it is being made, or this is the second click for what the first has got. */
export async function once(wish, make) {
  const got = clicks > 1 && asked && (wish.name === asked.name || wish.action !== asked.action);
  if (got || underWay.has(wish.name)) return;
  asked = wish;
  underWay.set(wish.name, null);
  try {
    await make();
  } finally {
    underWay.delete(wish.name);
    buttonsOf(wish.name).forEach(giveBack);
  }
}

/** Have the buttons of a wish that is being made say so, until it is made. */
export function says(wish, busy) {
  underWay.set(wish.name, busy);
  showUnderWay();
}

/** Have them say so again: a live read has shown them as they were. */
export function showUnderWay() {
  for (const [name, busy] of underWay) {
    if (busy !== null) buttonsOf(name).forEach((button) => take(button, busy));
  }
}

function buttonsOf(name) {
  const buttons = [...document.querySelectorAll("form[data-act]")].flatMap((form) => [...form.elements]);
  return buttons.filter((one) => one.type === "submit" && wishOf(one.form, one).name === name);
}

function take(button, busy) {
  if (button.disabled) return;
  words.set(button, [...button.childNodes]);
  button.disabled = true;
  button.dataset.taken = "";
  if (busy) button.replaceChildren(busy);
}

/** Nothing is left to give back where a live read has shown what the server says of it now. */
function giveBack(button) {
  if (!("taken" in button.dataset)) return;
  button.disabled = false;
  delete button.dataset.taken;
  button.replaceChildren(...words.get(button));
}
