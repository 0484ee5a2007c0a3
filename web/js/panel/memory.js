/**
 * What the panel remembers in this browser: the form, the last ads, and the jobs that were under way.
 *
 * Several tabs share it. So a change is made to what is kept now, not to what was read when this tab was opened, and
 * what another tab changes comes here too. The form alone is each tab's own; the next tab begins with the last one.
 */

import { recall } from "./recall.js";

const KEY = "adstudio.panel";
const MOST_ADS = 40;

/** @type {{wishes: Wishes, ads: Ad[], underWay: JobStart[]}} */
export const memory = recall(read());

/** Tells with "change" that another tab has made or forgotten ads. */
export const otherTabs = new EventTarget();

let isNew = kept() === null;
let isFull = false; // or forbidden: what this tab holds is then all there is

globalThis.addEventListener?.("storage", (event) => {
  if (event.key !== KEY && event.key !== null) return;
  const { ads, underWay } = recall(read());
  Object.assign(memory, { ads, underWay });
  otherTabs.dispatchEvent(new CustomEvent("change"));
});

/**
 * Fill a form that nobody has filled in yet.
 *
 * @param {Partial<Wishes>} values
 */
export function begin(values) {
  if (isNew) Object.assign(memory.wishes, values);
  isNew = false;
}

/** Keep the form. */
export function keep() {
  change(() => ({}));
}

/** @param {Ad[]} made */
export function addAds(made) {
  change(({ ads }) => ({ ads: [...made, ...ads.filter((ad) => !made.some((one) => one.id === ad.id))].slice(0, MOST_ADS) }));
}

/** @param {Ad} ad */
export function forgetAd(ad) {
  change(({ ads }) => ({ ads: ads.filter((each) => each.id !== ad.id) }));
}

/**
 * Keep which jobs are under way.
 *
 * @param {JobStart[]} mine
 * @param {Set<string>} known prompts that this tab has followed, also those that have ended; others are another tab's
 */
export function keepUnderWay(mine, known) {
  change(({ underWay }) => ({ underWay: [...mine, ...underWay.filter(({ promptId }) => !known.has(promptId ?? ""))] }));
}

/** @param {(kept: {ads: Ad[], underWay: JobStart[]}) => {ads?: Ad[], underWay?: JobStart[]}} work */
function change(work) {
  const kept = isFull ? memory : recall(read());
  Object.assign(memory, { ads: kept.ads, underWay: kept.underWay }, work(kept));
  try {
    localStorage.setItem(KEY, JSON.stringify(memory));
    isFull = false;
  } catch {
    isFull = true; // The panel then forgets when the page is closed, and works all the same.
  }
}

/** @returns {string | null} null as well where the browser forbids to look */
function kept() {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

/** @returns {any} */
function read() {
  try {
    return JSON.parse(kept() ?? "null");
  } catch {
    return {};
  }
}
