// What a field would lead to, said while it is typed.

/** How long the hands must rest (milliseconds). */
const RESTS = 250;

/** Ask, for each field that names an address to ask, what its value would lead to. */
export function examples() {
  for (const field of document.querySelectorAll("[data-example]")) {
    let timer;
    field.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(() => tell(field), RESTS);
    });
  }
}

async function tell(field) {
  const asked = field.value;
  const place = document.querySelector(`output[for="${CSS.escape(field.id)}"]`);
  try {
    const answer = await fetch(`${field.dataset.example}?${new URLSearchParams({ template: asked })}`);
    const body = await answer.json();
    if (field.value !== asked) return;
    place.textContent = answer.ok ? body.folder : body.error.message;
    field.setAttribute("aria-invalid", String(!answer.ok));
  } catch {
    place.textContent = "The server did not answer.";
  }
}
