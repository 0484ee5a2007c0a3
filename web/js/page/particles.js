/**
 * Which form of a Korean particle follows a word: by the last sound, as a Korean reads it aloud. Knows no page.
 *
 * The same rules as adstudio/particles.py, and the same words prove both: tests/unit/particles.json.
 */

// How a digit ends when read in Sino-Korean: 영 일 이 삼 사 오 육 칠 팔 구
const DIGITS = ["closed", "rieul", "open", "closed", "open", "open", "closed", "rieul", "rieul", "open"];
const LETTERS = /** @type {Record<string, Final>} */ ({ l: "rieul", m: "closed", n: "closed", r: "rieul" }); // 엘 엠 엔 알
// Units behind a figure that are not read as their letters spell: 픽셀; 그램; 미터, 리터, 칼로리.
const UNITS = /** @type {Record<string, Final>} */ (Object.fromEntries([["px", "rieul"], ...["g", "kg", "Kg", "KG", "mg"].map((unit) => [unit, "closed"]),
  ...["m", "cm", "mm", "km", "l", "L", "ml", "mL", "cal", "kcal"].map((unit) => [unit, "open"])]));
const BRACKETS = /(?<=\S)\s*\([^()]*\)[^\p{L}\p{N}_%]*$/u; // what they add to a word is not read with it
const SILENT = /(?:(?<!\d)"|[^0-9A-Za-z가-힣%°"])+$/; // a mark behind a figure is inches

/** @typedef {"open" | "closed" | "rieul"} Final */

/**
 * @param {string} word
 * @param {string} closed the form after a consonant
 * @param {string} open the form after a vowel
 */
export function particle(word, closed, open) {
  const final = finalOf(word);
  return final === "open" || (final === "rieul" && open === "로") ? open : closed;
}

/**
 * @param {string} word
 * @returns {Final}
 */
export function finalOf(word) {
  const read = word.normalize("NFKC").replace(BRACKETS, "").replace(SILENT, "");
  const last = read.at(-1) ?? "";
  if (last >= "가" && last <= "힣") return ofSyllable(last);
  if (/\d/.test(last)) return ofDigits(/** @type {RegExpExecArray} */ (/[\d,]+$/.exec(read))[0].replaceAll(",", ""));
  const unit = /\d\s?([A-Za-z]+)$/.exec(read)?.[1] ?? "";
  if (Object.hasOwn(UNITS, unit)) return UNITS[unit];
  const letters = /[A-Za-z]+$/.exec(read);
  return letters ? ofLatin(letters[0]) : "open"; // 퍼센트, 도, 인치
}

/** @param {string} syllable @returns {Final} */
function ofSyllable(syllable) {
  const final = (syllable.charCodeAt(0) - "가".charCodeAt(0)) % 28;
  return final === 0 ? "open" : final === 8 ? "rieul" : "closed";
}

/** @param {string} digits @returns {Final} */
function ofDigits(digits) {
  // After zeros the last spoken unit is 십 백 천 만 or 억, and all of them end in a consonant; so does 영.
  return digits.endsWith("0") ? "closed" : /** @type {Final} */ (DIGITS[Number(digits.at(-1))]);
}

/** @param {string} word @returns {Final} */
function ofLatin(word) {
  const low = word.toLowerCase();
  if (word.length === 1 || (word === word.toUpperCase() && word.length <= 4)) return LETTERS[low.at(-1) ?? ""] ?? "open";
  if (/le?$/.test(low)) return "rieul";
  if (/(m|n|ng)e?$/.test(low)) return "closed"; // 와인, 살롱, 크림
  return /(^|[^aeiou])([aeiou]|oo)(c|p|k|t|ck)$/.test(low) ? "closed" : "open"; // 컵, 북, 펫: a short vowel closes the syllable
}
