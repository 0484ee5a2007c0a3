/** The name of a menu's entry, by the input that offers it. Knows no page. */

/** Inputs whose entries the panel names as well. */
const SHARED = /** @type {Record<string, string>} */ ({ industry: "panel.industries", style: "panel.styles" });
const SIZED = /^([a-z_]+):([\w]+)$/;

/**
 * @param {string} input
 * @param {string} value
 * @param {import("./words.js").Say} say
 * @returns {string} the value itself where it has no name: files, fonts and ratios are their own names
 */
export function optionName(input, value, say) {
  const known = named(`options.${input}`, value, say) ?? named(SHARED[input], value, say);
  if (known !== null) return known;
  if (input !== "channel") return value;
  const [, channel, size] = SIZED.exec(value) ?? [null, value, ""];
  const name = named("panel.channels", channel, say);
  if (name === null) return value;
  return size ? `${name} ${named("options.channel_size", size, say) ?? sizeName(size)}` : name;
}

/**
 * A size in pixels as `1200×628`, a ratio as `4:5`.
 *
 * @param {string} size
 */
function sizeName(size) {
  return size.replace("x", /^\d{1,2}x\d{1,2}$/.test(size) ? ":" : "×");
}

/**
 * @param {string | undefined} table
 * @param {string} value
 * @param {import("./words.js").Say} say
 */
function named(table, value, say) {
  if (!table) return null;
  // A dot leads one level down in the words, so it cannot stand in a key; nor is it in any value that has a name.
  if (value === "" || value.includes(".")) return null;
  const key = `${table}.${value}`;
  const found = say(key);
  return found === value ? null : found;
}
