/** The fonts that draw the ad, in the page: the same files, through the server that draws with them. */

import { api } from "../page/host.js";

const VARIABLE = "Pretendard";

/** @type {Map<string, Promise<string>>} */
const loading = new Map();

/**
 * Load a family at a weight and return the name by which CSS knows it.
 *
 * @param {string} family
 * @param {number} weight
 * @returns {Promise<string>}
 */
export function useFont(family, weight) {
  const isVariable = family === VARIABLE;
  const key = isVariable ? family : `${family} ${weight}`;
  let known = loading.get(key);
  if (!known) {
    known = load(`Ad Studio ${key}`.replace(/["\\\p{Cc}]/gu, ""), family, isVariable ? "45 930" : String(weight), weight);
    loading.set(key, known);
  }
  return known;
}

/**
 * @param {string} name
 * @param {string} family
 * @param {string} weights
 * @param {number} weight
 */
async function load(name, family, weights, weight) {
  const query = new URLSearchParams({ family, weight: String(weight) });
  const face = new FontFace(name, `url("${api.apiURL(`/adstudio/font?${query}`)}")`, { weight: weights });
  document.fonts.add(face);
  await face.load().catch(() => document.fonts.delete(face)); // the page's own font then stands in
  return name;
}

/** @type {CanvasRenderingContext2D | null} */
let measurer = null;
/** @type {Map<string, number>} */
const bearings = new Map();

/**
 * How far left of its ink a line begins, in em: the server speaks of ink, the browser of origins.
 *
 * @param {string} line
 * @param {string} font as CSS lists families
 * @param {number} weight
 */
export function bearing(line, font, weight) {
  const first = [...line][0] ?? "";
  const key = `${weight} ${font} ${first}`;
  let known = bearings.get(key);
  if (known === undefined) {
    measurer ??= document.createElement("canvas").getContext("2d");
    if (!measurer) return 0;
    measurer.font = `${weight} 100px ${font}`;
    known = measurer.measureText(first).actualBoundingBoxLeft / 100;
    bearings.set(key, known);
  }
  return known;
}
