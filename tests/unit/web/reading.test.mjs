import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { bestInk, contrast, enough, luminance, luminanceOf } from "../../../web/js/editor/contrast.js";
import { History } from "../../../web/js/editor/history.js";
import { emptyPlan } from "../../../web/js/editor/plan.js";
import { warningsOf } from "../../../web/js/editor/warnings.js";
import { finalOf, particle } from "../../../web/js/page/particles.js";
import { sayer } from "../../../web/js/page/words.js";

const TABLES = Object.fromEntries(["en", "ko"].map((language) =>
  [language, JSON.parse(readFileSync(new URL(`../../../locales/${language}/main.json`, import.meta.url), "utf8")).adStudio]));

test("contrast is that of WCAG", () => {
  const grey = luminance(118, 118, 118);
  assert.ok(Math.abs(contrast(luminanceOf("#fff"), [grey]) - 4.54) < 0.01); // #767676, the known darkest grey that passes
  assert.ok(Math.abs(contrast(luminanceOf("#000000"), [luminance(255, 255, 255)]) - 21) < 1e-9);
});

test("a ground brighter here and darker there than the ink gives no contrast", () => {
  assert.equal(contrast(luminanceOf("#808080"), [0, 0, 1, 1]), 1);
});

test("a few stray pixels do not count", () => {
  assert.ok(contrast(luminanceOf("#fff"), [...Array(99).fill(0), 1]) > 20);
});

test("ink is chosen against the ground", () => {
  assert.equal(luminanceOf(bestInk([0.02])), 1);
  assert.ok(luminanceOf(bestInk([0.9])) < 0.01);
});

test("large letters need less contrast", () => {
  assert.deepEqual([enough(100, 700, { width: 1000, height: 1200 }), enough(30, 700, { width: 1000, height: 1200 })], [3, 4.5]);
});

test("history goes back and forth, and a new step ends what was undone", () => {
  const history = new History("a");
  for (const value of ["b", "b", "c"]) history.push(value);
  assert.deepEqual([history.undo(), history.undo(), history.undo(), history.redo()], ["b", "a", null, "b"]);
  history.push("d");
  assert.deepEqual([history.canRedo, history.redo(), history.undo()], [false, null, "b"]);
});

const SCENE = { width: 1000, height: 1000, safe: { x0: 0, y0: 0.1, x1: 1, y1: 0.9 }, aspects: [1] };
const text = (box, more = {}) => ({ role: "headline", text: "세일", box: { x0: box[0], y0: box[1], x1: box[2], y1: box[3] }, ...more });
const codes = (plan, ground = [0], set = [], hasPlates = true) =>
  warningsOf({ ...emptyPlan(), ...plan }, SCENE, () => ground, set, hasPlates).map(({ code }) => code);

test("a good layout has nothing to warn of", () => {
  assert.deepEqual(codes({ texts: [text([0.1, 0.2, 0.9, 0.3]), text([0.1, 0.4, 0.9, 0.5])], products: [{ x: 0.5, base_y: 0.9, height: 0.3 }] }), []);
});

test("each fault is named", () => {
  const calm = text([0.1, 0.2, 0.9, 0.3]);
  assert.deepEqual(codes({ texts: [calm, text([0.1, 0.25, 0.9, 0.35])] }), ["overlap"]);
  assert.deepEqual(codes({ texts: [calm], products: [{ x: 0.5, base_y: 0.4, height: 0.3 }] }), ["on_product"]);
  assert.deepEqual(codes({ texts: [text([0.1, 0.05, 0.9, 0.3])] }), ["unsafe"]);
  assert.deepEqual(codes({ texts: [text([0.1, 0.2, 0.9, 0.3], { color: "#222222", plate: "none" })] }), ["contrast"]);
  assert.deepEqual(codes({ texts: [text([0.1, 0.2, 0.9, 0.3], { color: "#222222" })] }), [], "the drawing lays a ground by itself");
  assert.deepEqual(codes({ texts: [text([0.1, 0.2, 0.9, 0.3], { color: "#222222" })] }, [0], [], false), ["contrast"], "unless told not to");
  assert.deepEqual(codes({ texts: [calm] }, [0], [{ code: "text.does_not_fit", lines: [], ink: [0, 0, 0, 0] }]), ["does_not_set"]);
});

test("letters are judged where they are, not where their box is", () => {
  const set = (y) => ({ code: "", lines: [{}], ink: [400, y, 600, y + 50], size_px: 50, weight: 700 });
  const boxes = [text([0.1, 0.2, 0.9, 0.5]), text([0.1, 0.4, 0.9, 0.7])];
  assert.deepEqual(codes({ texts: boxes }, [0], [set(220), set(600)]), []);
  assert.deepEqual(codes({ texts: boxes }, [0], [set(420), set(430)]), ["overlap"]);
});

test("words fall back to English and then to their own name", () => {
  const say = sayer({ a: { b: "가 {n}" } }, { a: { b: "x", c: "see" } });
  assert.deepEqual([say("a.b", { n: 3 }), say("a.c"), say("a.missing"), say("constructor.name")], ["가 3", "see", "missing", "name"]);
});

test("a Korean particle follows the sound of the word before it", () => {
  const say = sayer({ a: "{one:과/와} {other:이/가}" });
  assert.equal(say("a", { one: "제목", other: "안내" }), "제목과 안내가");
});

test("a word's last sound is what the server takes it for", () => {
  const rows = JSON.parse(readFileSync(new URL("../particles.json", import.meta.url), "utf8"));
  assert.ok(rows.length > 60);
  assert.deepEqual(rows.map(([word]) => [word, finalOf(word)]), rows);
  assert.deepEqual(["네일", "펌", "요가"].map((word) => particle(word, "으로", "로")), ["로", "으로", "로"]);
});

function paths(table, above = "") {
  return Object.entries(table).flatMap(([key, value]) => (typeof value === "string" ? [`${above}${key}`] : paths(value, `${above}${key}.`)));
}

test("both languages have the same words, and the Korean ones are Korean", () => {
  const { errors: _errors, notes: koreanNotes, ...korean } = TABLES.ko; // English speakers get the server's own sentence
  const { notes: englishNotes, ...english } = TABLES.en; // of the notes whose own sentence is Korean
  assert.deepEqual(paths(korean).sort(), paths(english).sort());
  assert.deepEqual(paths(englishNotes).filter((path) => !paths(koreanNotes).includes(path)), []);
  const say = sayer(TABLES.ko);
  for (const path of paths(korean)) assert.ok(/[가-힣]/.test(say(path)) || /^[^A-Za-z]*$/.test(say(path).replace(/\{\w+\}/g, "")), path);
});
