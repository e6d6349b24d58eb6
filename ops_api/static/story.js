// A row of a list that tells its story when it is opened.

/** Fetch what a `details[data-story]` holds, each time that it is opened. */
export function stories() {
  document.addEventListener("toggle", (event) => {
    if (event.target.open && event.target.matches?.("details[data-story]")) tell(event.target);
  }, true);
}

async function tell(details) {
  const place = details.querySelector(".told");
  try {
    const answer = await fetch(details.dataset.story, { headers: { Accept: "text/html" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    place.replaceChildren(...page.body.childNodes);
  } catch {
    place.textContent = "The server did not answer; open this again to ask once more.";
  }
}
