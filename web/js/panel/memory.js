/** What the panel remembers in this browser: the form, the last ads, and the jobs that were under way. */

import { recall } from "./recall.js";

const KEY = "adstudio.panel";
const MOST_ADS = 40;

/** @type {{wishes: Wishes, ads: Ad[], underWay: JobStart[]}} */
export const memory = recall(read());

let isNew = localStorage.getItem(KEY) === null;

/**
 * Fill a form that nobody has filled in yet.
 *
 * @param {Partial<Wishes>} values
 */
export function begin(values) {
  if (isNew) Object.assign(memory.wishes, values);
  isNew = false;
}

export function keep() {
  memory.ads = memory.ads.slice(0, MOST_ADS);
  try {
    localStorage.setItem(KEY, JSON.stringify(memory));
  } catch {
    // Full or forbidden: the panel then forgets when the page is closed, and works all the same.
  }
}

/** @returns {any} */
function read() {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? "{}");
  } catch {
    return {};
  }
}
