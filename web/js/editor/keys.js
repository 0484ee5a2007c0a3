/** Which key it was, on a Korean keyboard as on any other. Knows no page. */

const HANGUL = /^[ㄱ-ㅣ가-힣]$/;
const OF_THE_INPUT_METHOD = 229; // the code of a key that an input method has taken

/**
 * A key's name, letters small; where the keyboard is switched to Hangul, the Latin letter that stands on the key.
 *
 * @param {{key: string, code: string}} event
 */
export function nameOfKey({ key, code }) {
  const letter = /^Key([A-Z])$/.exec(code)?.[1];
  if (letter && (HANGUL.test(key) || key === "Process")) return letter.toLowerCase();
  return key.length === 1 ? key.toLowerCase() : key;
}

/**
 * Whether a key belongs to a syllable that is being composed. Safari ends the syllable before it tells of the key.
 *
 * @param {{isComposing: boolean, keyCode: number}} event
 */
export function isWithTheInputMethod({ isComposing, keyCode }) {
  return isComposing || keyCode === OF_THE_INPUT_METHOD;
}
