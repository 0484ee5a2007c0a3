/** Errors and badges put into words. */

/**
 * A sentence for an error code, in the user's language; English speakers get the server's own, which has the figures.
 *
 * @param {RunError} error
 * @param {import("../page/words.js").Say} say
 */
export function errorText(error, say) {
  const own = `${error.message} ${error.hint}`.trim();
  if (!error.code) return own;
  const known = say(`errors.${error.code}`);
  const isKnown = known !== error.code.split(".").pop();
  return isKnown ? known : own;
}

/**
 * One line for the badge of a node; empty where there is nothing to tell.
 *
 * @param {Badge[]} badges
 * @param {import("../page/words.js").Say} say
 * @returns {{text: string, isWarning: boolean}}
 */
export function badgeText(badges, say) {
  const notes = badges.filter((badge) => badge.kind === "note").length;
  const parts = badges.filter((badge) => badge.kind !== "note").map((badge) => badgeWords(badge, say));
  if (notes > 0) parts.push(say("badge.notes", { count: notes }));
  const isWarning = notes > 0 || badges.some((badge) => ["fallback", "no_business"].includes(badge.kind));
  return { text: parts.join(" · "), isWarning };
}

/**
 * @param {Badge} badge
 * @param {import("../page/words.js").Say} say
 */
export function badgeWords(badge, say) {
  if (badge.kind === "note") return badge.value;
  const name = ["provider", "fallback"].includes(badge.kind) ? named("badge.provider", badge.value, say) : badge.value;
  return say(`badge.${badge.kind}_line`, { name, model: badge.model ? ` ${badge.model}` : "" });
}

/**
 * @param {string} table
 * @param {string} value
 * @param {import("../page/words.js").Say} say
 */
function named(table, value, say) {
  return /^[a-z_]+$/.test(value) ? say(`${table}.${value}`) : value;
}
