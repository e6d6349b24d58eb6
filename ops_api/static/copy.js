// Buttons that copy what stands before them. Without a script they are not there, and it is marked and copied by hand.

/** How long a button says what became of it (milliseconds). */
const SAYS = 2000;

/** Show the buttons, and do what they say. */
export function copies() {
  document.documentElement.classList.add("script");
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("button.copy");
    if (button) copy(button);
  });
}

async function copy(button) {
  const text = button.previousElementSibling;
  const words = button.dataset.text ?? text.textContent.trim();
  say(button, (await isWritten(words)) ? "Copied" : mark(text));
}

/** Whether it is on the clipboard now, which browsers allow at https and on this machine only. */
async function isWritten(words) {
  try {
    await navigator.clipboard.writeText(words);
    return true;
  } catch {
    return false;
  }
}

/** Mark it, for the hand that has to copy it. */
function mark(text) {
  getSelection().selectAllChildren(text);
  return "Marked, copy it now";
}

function say(button, words) {
  button.firstChild.data = words;
  button.dataset.says = "";
  setTimeout(() => {
    button.firstChild.data = "Copy";
    delete button.dataset.says;
  }, SAYS);
}
