/** The copy as the server will really draw it: vertical lines, gradients, buttons, codes and logos are its own. */

import { api } from "../page/host.js";

const WAIT_MS = 250; // longer than a drag's pauses: until then the plain letters follow the hand

export class Proof {
  /** @param {() => void} onAnswer */
  constructor(onAnswer) {
    this.onAnswer = onAnswer;
    this.url = ""; // of what was drawn last
    /** @type {Record<string, RunError>} why a mark was left out, by its place */
    this.leftOut = {};
    this.drawn = "";
    this.asked = "";
    this.waiting = 0;
    /** @type {AbortController | null} */
    this.under = null;
  }

  /**
   * Follow a plan that may have changed.
   *
   * @param {Plan} plan
   * @param {Scene} scene
   * @param {Style} style
   * @param {PictureFile | null} picture on the server
   * @returns {string} the address of the drawn copy; empty while there is none of just this
   */
  follow(plan, scene, style, picture) {
    const { texts, marks } = plan;
    const { hasPlates: _, ...rest } = style;
    const { logo, ...lettering } = rest;
    const asked = picture && texts.length + marks.length
      ? JSON.stringify({ texts, marks, width: scene.width, height: scene.height, style: lettering, picture, logo }) : "";
    if (asked !== this.asked) {
      this.asked = asked;
      clearTimeout(this.waiting);
      this.under?.abort();
      if (asked && asked !== this.drawn) this.waiting = setTimeout(() => void this.#ask(asked), WAIT_MS);
    }
    return asked && asked === this.drawn ? this.url : "";
  }

  /** @param {string} asked */
  async #ask(asked) {
    const under = new AbortController();
    this.under = under;
    try {
      const answer = await api.fetchApi("/adstudio/lettering", {
        method: "POST", headers: { "Content-Type": "application/json" }, body: asked, signal: under.signal,
      });
      if (!answer.ok) return; // the plain letters stay
      const url = URL.createObjectURL(await answer.blob());
      if (under.signal.aborted) return URL.revokeObjectURL(url);
      URL.revokeObjectURL(this.url);
      [this.url, this.drawn] = [url, asked];
      this.leftOut = JSON.parse(answer.headers.get("X-Adstudio-Left-Out") ?? "{}");
      this.onAnswer();
    } catch {
      if (!under.signal.aborted) this.asked = ""; // the server is away: the next drawing asks again
    }
  }

  destroy() {
    clearTimeout(this.waiting);
    this.under?.abort();
    URL.revokeObjectURL(this.url);
    this.asked = "";
  }
}
