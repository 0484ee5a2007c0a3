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
      if (!(name in values)) return `{${name}}`;
      const value = String(values[name]);
      return closed ? value + (endsClosed(value) ? closed : open) : value;
    });
  };
}

/**
 * Whether a word's last sound is a consonant, as a Korean reads it, which decides its particle: `{one:이/가}`.
 * Digits and Latin letters are read out, and marks after them are not. The page says only its own words and names of
 * files, so the last sign tells enough; adstudio/particles.py also reads units, words and brackets.
 *
 * @param {string} word
 */
function endsClosed(word) {
  const last = word.match(/[\p{L}\p{N}%"]/gu)?.pop() ?? "";
  if (last >= "가" && last <= "힣") return (last.charCodeAt(0) - "가".charCodeAt(0)) % 28 !== 0;
  return "013678LMNRlmnr".includes(last);
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
