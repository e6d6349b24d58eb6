// What a narrow window does not show well, a line each; everything that opens is opened first.
() => {
  for (const each of document.querySelectorAll("main details:not(.menu)")) each.open = true;
  const width = document.documentElement.clientWidth;
  const said = (of) => `${of.tagName.toLowerCase()}.${of.className} “${(of.textContent || of.value || "").trim().slice(0, 40)}”`;
  const outer = (of) => (of.parentElement ? [of.parentElement, ...outer(of.parentElement)] : []);
  const scrolls = (of) => ["auto", "scroll"].includes(getComputedStyle(of).overflowX);
  const shown = (of) => of.checkVisibility({ visibilityProperty: true }) && !of.closest(".skip, .hidden");
  const inScroller = (of) => outer(of).some((each) => each !== document.documentElement && each !== document.body && scrolls(each));

  const beyond = (of, { left, right }) => (left < -0.5 || right > width + 0.5) && !inScroller(of);
  const cut = (of) => {
    const { overflowX, textOverflow } = getComputedStyle(of);
    // an ellipsis says that something is missing, and what is missing is in the title
    return overflowX === "hidden" && textOverflow !== "ellipsis" && of.scrollWidth > of.clientWidth + 1;
  };
  const pressed = (of) => of.matches("button, a.button, summary, select, textarea, input:not([type=hidden]), nav a");
  const small = (of) => {
    const { width, height } = (of.matches("[type=checkbox], [type=radio]") ? of.closest("label") : of).getBoundingClientRect();
    return pressed(of) && (width < 24 || height < 32);
  };

  const found = document.documentElement.scrollWidth > width ? ["the page scrolls sideways"] : [];
  for (const of of document.body.querySelectorAll("*")) {
    const box = of.getBoundingClientRect();
    if (!shown(of) || box.width === 0 || box.height === 0) continue;
    if (beyond(of, box)) found.push(`beyond the edge: ${said(of)}`);
    if (cut(of)) found.push(`cut off: ${said(of)}`);
    if (small(of)) found.push(`too small for a thumb: ${said(of)}`);
  }
  return found;
};
