/** Errors and badges put into words. */

import { optionName } from "../page/options.js";

// What stands on a node is read as markup by older pages and as Markdown by Nodes 2.0, which breaks a line after two spaces.
const PLAIN = /** @type {Record<string, string>} */ ({ "<": "＜", ">": "＞", "~": "～" });
const BREAK = "  \n";

/**
 * A sentence for an error code, in the user's language, with the server's figures; English speakers get the server's own.
 *
 * @param {RunError} error
 * @param {import("../page/words.js").Say} say
 */
export function errorText(error, say) {
  const own = `${error.message} ${error.hint}`.trim();
  if (!error.code) return own;
  const words = said("errors", error.code, error.figures, say);
  if (words === null) return own;
  return error.figures?.of ? `${say("toast.which", error.figures)} ${words}` : words;
}

/**
 * What stands on a node, in the user's language: what its last run that wrote anything wrote.
 *
 * @param {Badge[][]} texts line by line, one for each run over a list
 * @param {import("../page/words.js").Say} say
 */
export function receiptText(texts, say) {
  const lines = texts.at(-1) ?? [];
  return lines.map((line) => badgeWords(line, say)).join("\n").replaceAll("\n", BREAK).replace(/[<>~]/g, (mark) => PLAIN[mark]);
}

/**
 * The page's own words for a code; null where it has none, or lacks a figure of theirs.
 *
 * @param {"errors" | "notes"} table
 * @param {string} code
 * @param {Record<string, string | number> | undefined} figures
 * @param {import("../page/words.js").Say} say
 */
function said(table, code, figures, say) {
  const words = say(`${table}.${code}`, figures);
  return words === code.split(".").pop() || /\{\w+\}/.test(words) ? null : words;
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
  if (badge.kind === "note") {
    const figures = spoken(badge.figures ?? {}, say);
    if (badge.error) figures.why = errorText(badge.error, say);
    return (badge.code && said("notes", badge.code, figures, say)) || badge.value;
  }
  const name = ["provider", "fallback"].includes(badge.kind) ? named("badge.provider", badge.value, say) : optionName(badge.kind, badge.value, say);
  return say(`badge.${badge.kind}_line`, { name, model: badge.model ? ` ${badge.model}` : "" });
}

/**
 * The figures of a note; what a menu of that name offers is called as it is there.
 *
 * @param {Record<string, string | number>} figures
 * @param {import("../page/words.js").Say} say
 */
function spoken(figures, say) {
  return Object.fromEntries(Object.entries(figures).map(([name, value]) => [name, typeof value === "string" ? optionName(name, value, say) : value]));
}

/**
 * @param {string} table
 * @param {string} value
 * @param {import("../page/words.js").Say} say
 */
function named(table, value, say) {
  return /^[a-z_]+$/.test(value) ? say(`${table}.${value}`) : value;
}
