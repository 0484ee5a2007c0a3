/** Words of the page's own parts, in the language of ComfyUI's setting; English where a language lacks one. */

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
      const value = String(values[name] ?? whole);
      return closed ? value + (endsClosed(value) ? closed : open) : value;
    });
  };
}

/**
 * Whether a Korean word ends in a consonant, which decides its particle: `{one:이/가}`.
 *
 * @param {string} word
 */
function endsClosed(word) {
  const code = word.charCodeAt(word.length - 1) - 0xac00;
  return code >= 0 && code < 11172 && code % 28 !== 0;
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
