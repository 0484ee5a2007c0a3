/** Words of the page's own parts, in the language of ComfyUI's setting; English where a language lacks one. */

import { particle } from "./particles.js";

/** @typedef {(key: string, values?: Record<string, string | number>) => string} Say */

/**
 * @param {Record<string, any>} table words by dotted key
 * @param {Record<string, any>} [spare] English
 * @returns {Say}
 */
export function sayer(table, spare = {}) {
  return (key, values = {}) => {
    const text = lookUp(table, key) ?? lookUp(spare, key) ?? key.split(".").pop() ?? key;
    return text.replace(/\{(\w+)(?::([^/}]+)\/([^}]+))?\}/g, (whole, name, closed, open) => {
      if (!(name in values)) return `{${name}}`;
      const value = String(values[name]);
      return closed ? value + particle(value, closed, open) : value;
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
