/** What a browser kept, made whole: it may be of an older version, or somebody else's. Knows no page. */

import { BLANK } from "./wishes.js";

/**
 * @param {any} kept
 * @returns {{wishes: Wishes, ads: Ad[], underWay: JobStart[]}}
 */
export function recall(kept) {
  return {
    wishes: wishesOf(kept?.wishes),
    ads: list(kept?.ads).filter((ad) => typeof ad?.id === "string" && typeof ad.file?.filename === "string")
      .map((ad) => ({ ...ad, ...oneOf(ad), ...toldOf(ad) })),
    underWay: list(kept?.underWay).filter((start) => typeof start?.promptId === "string" && start.prompt && typeof start.prompt === "object")
      .map((start) => ({ ...start, ...oneOf(start) })),
  };
}

/**
 * @param {any} found
 * @returns {Wishes}
 */
function wishesOf(found) {
  const kept = Object.entries(BLANK).map(([name, usual]) => {
    const value = found?.[name];
    if (name === "photo" || name === "picture") return [name, isPhoto(value) ? value : null];
    if (Array.isArray(usual)) return [name, list(value).filter((each) => typeof each === "string")];
    return [name, typeof value === typeof usual ? value : usual];
  });
  const wishes = Object.fromEntries(kept);
  if (!["create", "edit"].includes(wishes.mode)) wishes.mode = BLANK.mode;
  if (!["strength", "instruction"].includes(wishes.way)) wishes.way = BLANK.way;
  return wishes;
}

/** @param {any} found */
function oneOf(found) {
  return { wishes: wishesOf(found.wishes), channel: String(found.channel ?? ""), seed: Number(found.seed) || 0, at: Number(found.at) || 0 };
}

/** @param {any} ad */
function toldOf({ notes, words }) {
  const isTold = ["headline", "sub"].every((part) => typeof words?.[part] === "string");
  return { notes: list(notes).filter((note) => typeof note?.value === "string"), words: isTold ? { headline: words.headline, sub: words.sub } : null };
}

/** @param {any} value */
function isPhoto(value) {
  return ["name", "url", "title"].every((part) => typeof value?.[part] === "string");
}

/**
 * @param {any} value
 * @returns {any[]}
 */
function list(value) {
  return Array.isArray(value) ? value : [];
}
