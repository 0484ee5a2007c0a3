/** Asks the server how it will set the copy, so that the editor breaks lines where the drawing does. */

import { api } from "../page/host.js";

const KEPT = 64;

export class Typesetter {
  constructor() {
    /** @type {Map<string, Promise<SetBlock[]>>} */
    this.answers = new Map();
  }

  /**
   * @param {Plan} plan
   * @param {Scene} scene
   * @param {Style} style
   * @returns {Promise<SetBlock[]>} one answer for each block of copy; empty where the server gives none
   */
  ask(plan, scene, style) {
    const question = JSON.stringify({ texts: plan.texts, width: scene.width, height: scene.height, style });
    let answer = this.answers.get(question);
    if (!answer) {
      answer = this.#send(question);
      this.answers.set(question, answer);
      if (this.answers.size > KEPT) this.answers.delete(this.answers.keys().next().value ?? "");
    }
    return answer;
  }

  /** @param {string} question */
  async #send(question) {
    try {
      const answer = await api.fetchApi("/adstudio/typeset", {
        method: "POST", headers: { "Content-Type": "application/json" }, body: question,
      });
      if (answer.ok) return (await answer.json()).blocks;
    } catch {
      // The server is away; the boxes can still be moved.
    }
    this.answers.delete(question);
    return [];
  }
}
