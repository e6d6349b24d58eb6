// Posters that play: the clip while the pointer or the focus is on one, and any moment of it along its lower edge.

/** How long somebody stays on a poster before it plays (milliseconds). */
const STAYS = 150;
/** The lower part of a poster, along which it is scrubbed. */
const EDGE = 0.7;
/** How far an arrow key goes, of the whole. */
const STEP = 0.05;

const still = matchMedia("(prefers-reduced-motion: reduce)");

/** Let the posters of this page play. */
export function shelves() {
  for (const shot of document.querySelectorAll(".shot[data-clip], .shot[data-sprite]")) new Shot(shot);
}

class Shot {
  cues = null;
  at = 0;

  constructor(shot) {
    this.shot = shot;
    shot.addEventListener("pointerenter", () => this.stay());
    shot.addEventListener("focus", () => shot.matches(":focus-visible") && this.stay());
    shot.addEventListener("pointerleave", () => this.leave());
    shot.addEventListener("blur", () => this.leave());
    shot.addEventListener("pointermove", (event) => this.move(event));
    shot.addEventListener("keydown", (event) => this.press(event));
  }

  stay() {
    this.timer ??= setTimeout(() => this.play(), STAYS);
  }

  play() {
    if (this.clip || still.matches || !this.shot.dataset.clip) return;
    this.clip = Object.assign(document.createElement("video"), {
      muted: true, loop: true, playsInline: true, preload: "none", src: this.shot.dataset.clip, tabIndex: -1,
    });
    this.clip.setAttribute("aria-hidden", "true");
    this.clip.addEventListener("playing", () => this.clip?.classList.add("on"));
    this.shot.querySelector("img, .none").after(this.clip);
    this.clip.play().catch(() => this.stop());
  }

  leave() {
    clearTimeout(this.timer);
    this.timer = null;
    this.stop();
    this.tile?.remove();
    this.tile = null;
  }

  stop() {
    this.clip?.removeAttribute("src");
    this.clip?.load();
    this.clip?.remove();
    this.clip = null;
  }

  move(event) {
    const box = this.shot.querySelector("img, .none").getBoundingClientRect();
    const [x, y] = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
    if (y >= EDGE && y <= 1) this.scrub(x);
    else if (this.tile) {
      this.tile.remove();
      this.tile = null;
    }
  }

  press(event) {
    const direction = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!direction || !this.shot.dataset.sprite) return;
    event.preventDefault();
    this.scrub(this.at + direction * STEP);
  }

  /** Show the moment at this part of the whole, 0 to 1. */
  async scrub(part) {
    if (!this.shot.dataset.sprite) return;
    this.at = Math.min(1, Math.max(0, part));
    this.tile ??= this.overlay();
    try {
      this.cues ??= load(this.shot.dataset.trickplay, this.shot.dataset.sprite);
      const { cues, image } = await this.cues;
      if (this.tile && cues.length) this.show(cues, image);
    } catch {
      this.cues = null;
    }
  }

  overlay() {
    const tile = document.createElement("span");
    tile.className = "tile";
    tile.setAttribute("aria-hidden", "true");
    tile.append(document.createElement("i"), document.createElement("b"));
    this.shot.querySelector("img, .none").after(tile);
    return tile;
  }

  show(cues, image) {
    const end = cues.at(-1).end;
    const moment = this.at * end;
    const cue = cues.find((each) => moment < each.end) ?? cues.at(-1);
    const picture = this.tile.firstChild;
    const scale = Math.min(this.tile.clientWidth / cue.width, this.tile.clientHeight / cue.height);
    Object.assign(picture.style, {
      width: `${cue.width * scale}px`,
      height: `${cue.height * scale}px`,
      backgroundImage: `url("${image.src}")`,
      backgroundSize: `${image.naturalWidth * scale}px auto`,
      backgroundPosition: `${-cue.x * scale}px ${-cue.y * scale}px`,
    });
    this.tile.lastChild.textContent = clock(moment);
    this.tile.style.setProperty("--at", this.at);
  }
}

/** The moments that a trickplay file tells, and the sprite that shows them. */
async function load(trickplay, sprite) {
  const [answer, image] = [await fetch(trickplay), new Image()];
  if (!answer.ok) throw new Error(answer.statusText);
  image.src = sprite;
  await image.decode();
  return { cues: [...parse(await answer.text())], image };
}

function* parse(vtt) {
  const cue = /--> ([\d:.]+)[^\n]*\n[^\n]*#xywh=(\d+),(\d+),(\d+),(\d+)/g;
  for (const [, end, ...place] of vtt.matchAll(cue)) {
    const [x, y, width, height] = place.map(Number);
    yield { end: end.split(":").reduce((sum, each) => sum * 60 + Number(each), 0), x, y, width, height };
  }
}

function clock(seconds) {
  const whole = Math.round(seconds);
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, String(whole % 60).padStart(2, "0")];
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}
