import assert from "node:assert/strict";
import { test } from "node:test";

import { isWithTheInputMethod, nameOfKey } from "../../../web/js/editor/keys.js";

test("a letter is its key, whichever alphabet the keyboard is switched to", () => {
  assert.equal(nameOfKey({ key: "l", code: "KeyL" }), "l");
  assert.equal(nameOfKey({ key: "L", code: "KeyL" }), "l");
  assert.equal(nameOfKey({ key: "ㅣ", code: "KeyL" }), "l");
  assert.equal(nameOfKey({ key: "ㅋ", code: "KeyZ" }), "z");
  assert.equal(nameOfKey({ key: "Process", code: "KeyZ" }), "z");
  assert.equal(nameOfKey({ key: "y", code: "KeyZ" }), "y", "a German keyboard says what it means");
});

test("other keys keep their names", () => {
  for (const key of ["ArrowLeft", "Delete", "Enter", " ", "1", "é"]) assert.equal(nameOfKey({ key, code: "" }), key);
});

test("a key that ends a syllable belongs to the input method, in Safari as well", () => {
  assert.ok(isWithTheInputMethod({ isComposing: true, keyCode: 13 }));
  assert.ok(isWithTheInputMethod({ isComposing: false, keyCode: 229 }));
  assert.ok(!isWithTheInputMethod({ isComposing: false, keyCode: 13 }));
});
