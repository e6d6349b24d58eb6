// A form sent without leaving the page. The server's sentence is shown as it is; nothing is assumed to have worked.

/** Send the form of a submit event, show what the server says, then `refresh`. */
export async function act(event, refresh) {
  event.preventDefault();
  const form = event.target;
  const fields = new FormData(form);
  if (fields.get("ask") && !(await confirmed(fields.get("ask")))) return;
  fields.set("confirmed", "true");
  const button = form.querySelector("button");
  const words = button.innerHTML;
  button.disabled = true;
  button.textContent = form.dataset.busy || button.textContent;
  const busy = button.textContent;
  const said = await send(form.action, fields);
  say(said);
  if (!said.bad) await refresh();
  if (button.isConnected && button.textContent === busy) {
    button.disabled = false;
    button.innerHTML = words;
  }
}

async function send(action, fields) {
  try {
    const answer = await fetch(action, {
      method: "POST",
      body: new URLSearchParams(fields),
      headers: { Accept: "application/json" },
    });
    const body = await answer.json();
    return answer.ok ? { message: body.message, bad: false } : { message: body.error.message, bad: true };
  } catch {
    return { message: "The server did not answer, so it is not known whether this was done.", bad: true };
  }
}

/** Show a sentence where screen readers hear it. */
function say({ message, bad }) {
  const line = document.createElement("p");
  line.className = bad ? "said bad" : "said";
  line.textContent = message;
  document.getElementById("said").replaceChildren(line);
}

/** Ask once; the answer that changes nothing is the one that Escape and Enter give. */
function confirmed(question) {
  const dialog = document.getElementById("confirm");
  document.getElementById("question").textContent = question;
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}
