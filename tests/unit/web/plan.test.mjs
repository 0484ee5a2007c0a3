import assert from "node:assert/strict";
import { test } from "node:test";

import { emptyPlan, entryOf, item, itemsOf, readPlan, rectOf, withRect, withWordsOf, without, writePlan } from "../../../web/js/editor/plan.js";

const BOX = { x0: 0.1, y0: 0.2, x1: 0.9, y1: 0.4 };
const SCENE = { width: 1000, height: 500, safe: null, aspects: [0.5] };

function plan(changes = {}) {
  return { ...emptyPlan(), texts: [{ role: "headline", text: "여름\n세일", box: BOX, z: 2 }], products: [{ x: 0.5, base_y: 0.8, height: 0.4 }], ...changes };
}

test("a plan survives being written and read", () => {
  const read = readPlan(writePlan(plan({ picture: "0a1b", channel: "feed", marks: [{ kind: "qr", box: BOX, content: "https://example.com" }] })));
  assert.equal(read.texts[0].text, "여름\n세일");
  assert.deepEqual(read.texts[0].box, BOX);
  assert.deepEqual([read.picture, read.channel, read.marks[0].kind, read.marks[0].content], ["0a1b", "feed", "qr", "https://example.com"]);
});

test("what the editor does not know is kept, the analyzer's score is not", () => {
  const text = writePlan({ ...plan({ score: { total: 1 }, reasons: ["a"], frames: [] }), texts: [{ ...plan().texts[0], vertical: true }] });
  const written = JSON.parse(text);
  assert.equal(written.texts[0].vertical, true);
  assert.deepEqual(["score" in written, "reasons" in written, "frames" in written], [false, false, false]);
});

test("a plan of somebody else's puts nothing into the page but words that are known there", () => {
  const text = { role: "headline", text: "봄", box: BOX, align: "left;background:url(//evil)", anchor: {}, plate: 7, was: { a: 1 } };
  const read = readPlan(JSON.stringify({
    texts: [text], marks: [{ kind: "qr", box: BOX, content: 7 }],
    products: ["constructor", "__proto__", 7, null].map((anchor) => ({ x: 0.5, base_y: 0.8, height: 0.4, anchor })),
  }));
  assert.deepEqual([read.texts[0].align, read.texts[0].anchor, read.texts[0].plate, read.texts[0].was], [undefined, undefined, undefined, undefined]);
  assert.equal(read.marks[0].content, "");
  for (const each of itemsOf(read)) assert.ok(Number.isFinite(rectOf(read, each, SCENE).x0));
});

for (const [name, text] of Object.entries({
  "no JSON": "{", "a number": "7", "a list": "[]", null: "null", "a word": '"plan"',
})) {
  test(`${name} is no plan`, () => assert.equal(readPlan(text), null));
}

test("hostile entries are left out or bounded, and nothing is thrown", () => {
  const read = readPlan(JSON.stringify({
    texts: [
      { text: "<img src=x onerror=alert(1)>", box: [-5, -5, 9, 9], role: "<script>", color: "url(javascript:alert(1))" },
      { text: 7, box: BOX }, { text: "no box" }, null, "x", { text: "nan", box: { x0: "0", y0: null, x1: 1, y1: 1 } },
    ],
    products: [{ x: 9, base_y: -3, height: 99, rotation: "x" }, { x: 0, base_y: 1, height: -1 }, { x: null }],
    marks: "many", __proto__: { texts: 1 },
  }));
  assert.equal(read.texts.length, 1);
  assert.deepEqual([read.texts[0].role, read.texts[0].color], ["headline", null]);
  assert.deepEqual(read.texts[0].box, { x0: 0, y0: 0, x1: 1, y1: 1 });
  assert.deepEqual(read.products.map(({ x, base_y, height, rotation }) => [x, base_y, height, rotation]), [[1, 0, 2, 0]]);
  assert.deepEqual(read.marks, []);
  assert.equal(readPlan(JSON.stringify({ texts: Array(500).fill({ text: "a", box: BOX }) })).texts.length, 50);
});

test("items go from the back to the front", () => {
  const many = plan({ marks: [{ kind: "qr", box: BOX, z: 5 }] });
  assert.deepEqual(itemsOf(many).map(({ key }) => key), ["product:0", "text:0", "mark:0"]);
});

test("a product stands on its base in the shape of its cut-out", () => {
  const rect = rectOf(plan(), item("product", 0), SCENE);
  assert.equal(rect.y1, 0.8);
  assert.ok(Math.abs(rect.y1 - rect.y0 - 0.4) < 1e-9);
  // 0.4 of 500 px high and half as wide: 100 of 1000 px.
  assert.ok(Math.abs(rect.x1 - rect.x0 - 0.1) < 1e-9 && Math.abs(rect.x0 - 0.45) < 1e-9);
});

test("a product put elsewhere is found there, whatever its anchor", () => {
  for (const anchor of ["bottom", "center", "top_left", "right"]) {
    const before = plan({ products: [{ x: 0.5, base_y: 0.6, height: 0.4, anchor }] });
    const rect = rectOf(before, item("product", 0), SCENE);
    const goal = { x0: rect.x0 + 0.1, x1: rect.x1 + 0.1, y0: rect.y0 - 0.1, y1: rect.y1 - 0.1 };
    const after = rectOf(withRect(before, item("product", 0), goal, SCENE), item("product", 0), SCENE);
    for (const side of ["x0", "x1", "y0", "y1"]) assert.ok(Math.abs(after[side] - goal[side]) < 1e-9, `${anchor} ${side}`);
  }
});

test("a product pulled larger keeps its shape", () => {
  const rect = rectOf(plan(), item("product", 0), SCENE);
  const goal = { ...rect, x0: rect.x0 - 0.05, x1: rect.x1 + 0.05, y0: rect.y0 - 0.4 };
  assert.ok(Math.abs(entryOf(withRect(plan(), item("product", 0), goal, SCENE), item("product", 0)).height - 0.8) < 1e-9);
});

test("changes make a new plan and leave the old one", () => {
  const before = plan();
  const after = withRect(before, item("text", 0), { x0: 0, y0: 0, x1: 0.5, y1: 0.5 }, SCENE);
  assert.deepEqual(entryOf(before, item("text", 0)).box, BOX);
  assert.equal(entryOf(after, item("text", 0)).box.x1, 0.5);
  assert.equal(without(after, item("text", 0)).texts.length, 0);
});

test("new words go to the blocks of their kind, in order", () => {
  const note = (text) => ({ role: "note", text, box: BOX });
  const words = { ...emptyPlan(), texts: [note("가"), { role: "headline", text: "겨울 세일", box: { ...BOX, x0: 0.3 } }, note("나")] };
  const taken = withWordsOf(plan({ texts: [...plan().texts, note("1"), note("2"), note("3")] }), words);
  assert.deepEqual(taken.texts.map(({ text }) => text), ["겨울 세일", "가", "나", "3"]);
  assert.deepEqual(taken.texts[0].box, BOX);
});
