/** What is under way and what was made. */

import { badgeWords, errorText } from "../feedback/telling.js";
import { h } from "../page/dom.js";
import { pictureUrl } from "../page/host.js";
import { channelName } from "./form.js";
import { forgetAd, memory } from "./memory.js";
import { fixFor } from "./fixes.js";
import { isSettled } from "./locked.js";
import { downloadName, titleOf } from "./wishes.js";

export class Results {
  /**
   * @param {import("../page/words.js").Say} say
   * @param {{cancel: (job: import("./job.js").Job) => void, fix: (fix: string, job: import("./job.js").Job) => void, open: (ad: Ad) => void,
   *   reword: (ad: Ad) => void, refer: (ad: Ad) => void, again: (ad: Ad) => void}} actions
   * @param {Offers["locked"]} locked
   */
  constructor(say, actions, locked) {
    this.say = say;
    this.actions = actions;
    this.locked = locked;
    /** @type {Map<import("./job.js").Job, Card>} */
    this.cards = new Map();
    this.chosen = memory.ads[0]?.id ?? "";
    this.connection = h("p", { class: "adp-notice adp-gone", role: "status", hidden: true }, h("i", { class: "pi pi-spin pi-spinner", "aria-hidden": "true" }), say("panel.server_gone"));
    this.status = h("p", { class: "adp-spoken", role: "status" });
    this.running = h("div", { class: "adp-running" });
    this.shown = h("div", { class: "adp-shown" });
    this.gallery = h("div", { class: "adp-gallery" });
    this.element = h("section", { class: "adp-results", "aria-label": say("panel.results") }, this.status, this.connection, this.running, this.shown, this.gallery);
    this.draw();
  }

  /**
   * @param {import("./job.js").Job[]} list
   * @param {boolean} isServerGone
   */
  update(list, isServerGone) {
    this.connection.hidden = !isServerGone;
    for (const [job, card] of this.cards) {
      if (list.includes(job)) continue;
      card.forgetPreview();
      this.cards.delete(job);
    }
    const cards = list.map((job) => {
      const card = this.cards.get(job) ?? new Card(job, this.say, this.actions);
      this.cards.set(job, card);
      card.update();
      return card.element;
    });
    if (cards.length !== this.running.children.length || cards.some((card, index) => card !== this.running.children[index])) this.running.replaceChildren(...cards);
  }

  /**
   * @param {import("./job.js").Job} job
   * @param {Blob} blob
   */
  preview(job, blob) {
    this.cards.get(job)?.preview(blob);
  }

  /** @param {Ad[]} made */
  async made(made) {
    this.chosen = made[0]?.id ?? this.chosen;
    this.status.textContent = this.say("panel.made");
    const { top, bottom } = this.running.getBoundingClientRect();
    const isWatched = bottom > 0 && top < window.innerHeight && !document.activeElement?.matches("textarea, input[type=text]");
    this.draw();
    if (!isWatched) return;
    await this.shown.querySelector("img")?.decode().catch(() => {}); // before, nobody knows how tall it is
    this.shown.scrollIntoView({ behavior: "smooth", block: "start" });
  }

  draw() {
    const { say } = this;
    const ad = memory.ads.find((each) => each.id === this.chosen) ?? memory.ads[0];
    this.shown.replaceChildren(...(ad ? [this.#ad(ad)] : []));
    this.gallery.hidden = memory.ads.length < 2;
    this.gallery.replaceChildren(h("h3", {}, say("panel.last_ads")), h("ul", {}, ...memory.ads.map((each) => h("li", {}, this.#thumbnail(each, each === ad)))));
  }

  /** @param {Ad} ad */
  #ad(ad) {
    const { say, actions } = this;
    const button = (/** @type {string} */ icon, /** @type {string} */ words, /** @type {() => void} */ act) => h("button", { type: "button", class: "adp-action", onclick: act },
      h("i", { class: `pi ${icon}`, "aria-hidden": "true" }), say(words));
    const url = pictureUrl(ad.file);
    const picture = h("img", { src: url, alt: say("panel.ad_of", { brief: titleOf(ad.wishes) }), onerror: () => frame.replaceWith(h("p", { class: "adp-notice" }, say("panel.file_gone"))) });
    const frame = h("a", { href: url, target: "_blank", rel: "noopener", class: "adp-frame", title: say("panel.full_size") }, picture);
    return h("article", { class: "adp-card" }, frame,
      h("p", { class: "adp-hint" }, [ad.channel ? channelName(ad.channel, say) : "", titleOf(ad.wishes)].filter(Boolean).join(" · ")),
      ...this.#warnings(ad),
      h("div", { class: "adp-actions adp-choices" },
        h("a", { class: "adp-action adp-main", href: url, download: downloadName(titleOf(ad.wishes), ad.file.filename) }, h("i", { class: "pi pi-download", "aria-hidden": "true" }), say("panel.download")),
        ...(ad.words ? [button("pi-pencil", "panel.reword", () => actions.reword(ad))] : []),
        ...(isSettled(ad, this.locked) ? [] : [button("pi-refresh", "panel.another", () => actions.again(ad))]), button("pi-image", "panel.refer", () => actions.refer(ad)),
        button("pi-sitemap", "panel.open", () => actions.open(ad)), button("pi-times", "panel.forget", () => this.#forget(ad))));
  }

  /**
   * What is to be looked at before it goes out.
   *
   * @param {Ad} ad
   */
  #warnings({ notes = [] }) {
    if (notes.length === 0) return [];
    return [h("div", { class: "adp-notice adp-look" }, h("p", {}, h("b", {}, this.say("panel.look"))), h("ul", {}, ...notes.map((note) => h("li", {}, badgeWords(note, this.say)))))];
  }

  /**
   * @param {Ad} ad
   * @param {boolean} isShown
   */
  #thumbnail(ad, isShown) {
    const picture = h("img", { src: pictureUrl(ad.file), alt: "", loading: "lazy", onerror: () => picture.remove(), onload: () => picture.classList.toggle("adp-wide", picture.naturalWidth > 2 * picture.naturalHeight) });
    return h("button", {
      type: "button", class: "adp-thumb", "aria-pressed": String(isShown), "aria-label": this.say("panel.ad_of", { brief: titleOf(ad.wishes) }),
      onclick: () => { this.chosen = ad.id; this.draw(); this.shown.scrollIntoView({ block: "nearest" }); },
    }, picture);
  }

  /** @param {Ad} ad */
  #forget(ad) {
    forgetAd(ad);
    this.draw();
  }
}

/** One ad under way; its elements stay, so that the focus on 'cancel' does. */
class Card {
  /**
   * @param {import("./job.js").Job} job
   * @param {import("../page/words.js").Say} say
   * @param {Results["actions"]} actions
   */
  constructor(job, say, actions) {
    this.job = job;
    this.say = say;
    this.actions = actions;
    this.url = "";
    this.picture = h("img", { class: "adp-preview", alt: "", hidden: true });
    this.words = h("p", { class: "adp-step" });
    this.bar = h("progress", { max: 1, "aria-label": say("panel.progress") });
    this.cancel = h("button", { type: "button", class: "adp-action", onclick: () => actions.cancel(job) });
    this.fixes = h("div", { class: "adp-actions" });
    this.element = h("article", { class: "adp-card adp-job" }, this.picture, this.words, this.bar, h("div", { class: "adp-actions" }, this.fixes, this.cancel));
  }

  update() {
    const { job, say } = this;
    this.element.dataset.state = job.state;
    if (job.state === "failed") this.words.setAttribute("role", "alert");
    this.words.textContent = this.#told();
    this.bar.hidden = job.isOver;
    if (job.state === "running") this.bar.value = job.share;
    else this.bar.removeAttribute("value");
    this.cancel.textContent = say(job.isOver ? "panel.dismiss" : "panel.cancel");
    this.cancel.disabled = job.state === "sending";
    if (job.isOver) this.forgetPreview();
    const wanted = fixFor(job);
    if (this.fixes.dataset.fix === (wanted ?? "")) return;
    this.fixes.dataset.fix = wanted ?? "";
    this.fixes.replaceChildren(...(wanted ? [h("button", { type: "button", class: "adp-action adp-main", onclick: () => this.actions.fix(wanted, job) }, say(`panel.fix.${wanted}`))] : []));
  }

  /** @param {Blob} blob */
  preview(blob) {
    if (this.job.isOver) return;
    URL.revokeObjectURL(this.url);
    this.url = URL.createObjectURL(blob);
    this.picture.src = this.url;
    this.picture.hidden = false;
  }

  forgetPreview() {
    this.picture.hidden = true;
    URL.revokeObjectURL(this.url);
    this.url = "";
  }

  #told() {
    const { job, say } = this;
    const place = job.start.channel ? `${channelName(job.start.channel, say)}: ` : "";
    if (job.state === "failed" && job.error) return place + (job.error.code.startsWith("panel.") ? say(`panel.errors.${job.error.code.slice(6)}`) : errorText(job.error, say) || say("panel.errors.unknown"));
    if (job.state === "queued") return place + (job.ahead ? say("panel.ahead", { count: job.ahead }) : say("panel.state.queued"));
    if (job.state !== "running") return place + say(`panel.state.${job.state}`);
    const [value, max] = job.steps;
    return place + (job.node ? say(`panel.step.${job.node}`) : say("panel.state.running")) + (max ? ` ${value}/${max}` : "");
  }
}

