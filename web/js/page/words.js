/** Words of the page's own parts, in the language of ComfyUI's setting; English where a language lacks one. */

import { particle } from "./particles.js";

const ENGLISH = new Intl.PluralRules("en");

/** @typedef {(key: string, values?: Record<string, string | number>) => string} Say */

/**
 * What ``{name}`` in a sentence becomes: the value; with ``{name:은/는}`` the value and its Korean particle; with
 * ``{name:step|steps}`` the value and the English word that goes with it.
 *
 * @param {Record<string, any>} table words by dotted key
 * @param {Record<string, any>} [spare] English
 * @returns {Say}
 */
export function sayer(table, spare = {}) {
  return (key, values = {}) => {
    const text = lookUp(table, key) ?? lookUp(spare, key) ?? key.split(".").pop() ?? key;
    return text.replace(/\{(\w+)(?::([^/|}]+)([/|])([^}]+))?\}/g, (whole, name, first, mark, second) => {
      if (!(name in values)) return `{${name}}`;
      const value = String(values[name]);
      if (mark === "/") return value + particle(value, first, second);
      return mark === "|" ? `${value} ${isOne(value) ? first : second}` : value;
    });
  };
}

/**
 * @param {any} table
 * @param {string} key
 * @returns {string | undefined}
 */
export function lookUp(table, key) {
  const found = key.split(".").reduce((level, step) => (Object.hasOwn(level ?? {}, step) ? level[step] : undefined), table);
  return typeof found === "string" ? found : undefined;
}

/** @param {string} value a count as it is shown */
function isOne(value) {
  return ENGLISH.select(Number(value.replaceAll(",", ""))) === "one";
}
