/** What the panel remembers in this browser: the form, the last ads, and the jobs that were under way. */

import { BLANK } from "./wishes.js";

const KEY = "adstudio.panel";
const MOST_ADS = 40;

/** @type {{wishes: Wishes, ads: Ad[], underWay: JobStart[]}} */
export const memory = { wishes: { ...BLANK }, ads: [], underWay: [], ...read() };
memory.wishes = { ...BLANK, ...memory.wishes };

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

function read() {
  try {
    const found = JSON.parse(localStorage.getItem(KEY) ?? "{}");
    return typeof found === "object" && Array.isArray(found?.ads) && Array.isArray(found?.underWay) ? found : {};
  } catch {
    return {};
  }
}
