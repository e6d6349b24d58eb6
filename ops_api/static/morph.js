// One tree made like another with as few changes as possible, so that focus, selection and open groups stay.

/** Attributes that belong to the reader, not to the server. */
const KEPT = new Set(["open", "tabindex", "data-marked"]);

/**
 * Make `from` like `to`. Elements with an id or a data-key are recognised wherever they went; one with data-says has
 * something to say to the reader, and stays as it is until that is said.
 */
export function morph(from, to) {
  const focused = document.activeElement;
  morphNode(from, to);
  if (focused !== document.activeElement && focused.isConnected) focused.focus({ preventScroll: true });
}

function morphNode(from, to) {
  if (from.nodeType !== Node.ELEMENT_NODE) {
    if (from.data !== to.data) from.data = to.data;
    return;
  }
  if ("says" in from.dataset) return;
  morphAttributes(from, to);
  morphChildren(from, to);
}

function morphAttributes(from, to) {
  for (const { name } of [...from.attributes]) {
    if (!KEPT.has(name) && !to.hasAttribute(name)) from.removeAttribute(name);
  }
  for (const { name, value } of to.attributes) {
    if (!KEPT.has(name) && from.getAttribute(name) !== value) from.setAttribute(name, value);
  }
}

function morphChildren(from, to) {
  const known = new Map([...from.children].filter(key).map((child) => [key(child), child]));
  let here = from.firstChild;
  for (const wanted of [...to.childNodes]) {
    const found = match(wanted, here, known);
    if (found === null) {
      from.insertBefore(document.importNode(wanted, true), here);
      continue;
    }
    if (found === here) here = here.nextSibling;
    else from.insertBefore(found, here);
    morphNode(found, wanted);
  }
  while (here !== null) {
    const next = here.nextSibling;
    here.remove();
    here = next;
  }
}

function key(node) {
  return node.id || node.dataset?.key || null;
}

function match(wanted, here, known) {
  const name = key(wanted);
  if (name !== null) return known.get(name) ?? null;
  const alike = here !== null && here.nodeName === wanted.nodeName && key(here) === null;
  return alike ? here : null;
}
