/** The lines of the copy as the server sets them; until it answers, the old ones move along with their box. */

import { useFont } from "./fonts.js";
import { Typesetter } from "./typeset.js";

const WAIT_MS = 60;

export class Lines {
  /** @param {() => void} onAnswer */
  constructor(onAnswer) {
    this.onAnswer = onAnswer;
    this.typesetter = new Typesetter();
    /** @type {(SetBlock | null)[]} one for each block of copy */
    this.set = [];
    /** @type {Rect[]} the boxes for which `set` holds */
    this.boxes = [];
    this.font = "sans-serif"; // as CSS lists families
    this.asked = "";
    this.waiting = 0;
  }

  /**
   * Follow a plan that may have changed.
   *
   * @param {Plan} plan
   * @param {Scene} scene
   * @param {Style} style
   */
  follow(plan, scene, style) {
    const asked = JSON.stringify([plan.texts, scene.width, scene.height, style]);
    if (asked === this.asked) return;
    this.asked = asked;
    this.set = plan.texts.map((block, index) => shifted(this.set[index], this.boxes[index], block.box, scene));
    this.boxes = plan.texts.map((block) => block.box);
    clearTimeout(this.waiting);
    this.waiting = setTimeout(async () => {
      const fonts = Promise.all([style.font, ...style.fallback].map((family) => useFont(family, style.weight)));
      const [set, names] = await Promise.all([this.typesetter.ask(plan, scene, style), fonts]);
      if (asked !== this.asked) return;
      if (set.length < plan.texts.length) { // the server is away: the next drawing asks again
        [this.set, this.asked] = [[], ""];
        return;
      }
      [this.set, this.font] = [set, names.map((name) => `"${name}"`).join(", ")];
      this.onAnswer();
    }, WAIT_MS);
  }

  destroy() {
    clearTimeout(this.waiting);
    this.asked = "";
  }
}

/**
 * @param {SetBlock | null | undefined} set
 * @param {Rect | undefined} before
 * @param {Rect} box
 * @param {Scene} scene
 * @returns {SetBlock | null}
 */
function shifted(set, before, box, scene) {
  if (!set || !before) return null;
  const dx = (box.x0 - before.x0) * scene.width;
  const dy = (box.y0 - before.y0) * scene.height;
  const [left, top, right, bottom] = set.ink;
  const lines = set.lines.map((line) => ({ ...line, x_px: line.x_px + dx, y_px: line.y_px + dy }));
  return { ...set, lines, ink: [left + dx, top + dy, right + dx, bottom + dy] };
}
