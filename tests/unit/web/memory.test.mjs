import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { BLANK } from "../../../web/js/panel/wishes.js";

const KEY = "adstudio.panel";
const kept = new Map();
let listeners = [];
globalThis.localStorage = { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => void kept.set(key, value) };
globalThis.addEventListener = (kind, listener) => void listeners.push(listener);

const ad = (id, at = 0) => ({ id, at, file: { filename: `${id}.png` }, wishes: BLANK, channel: "", seed: 1 });
const start = (promptId) => ({ promptId, prompt: { 1: {} }, wishes: BLANK, channel: "", seed: 1, at: 0 });
const stored = () => JSON.parse(kept.get(KEY));
const ids = (ads) => ads.map(({ id }) => id);
let opened = 0;

/** A tab: the module as another page loads it, and how the browser tells it of what others have changed. */
async function tab() {
  const before = listeners;
  listeners = [];
  const module = await import(`../../../web/js/panel/memory.js?tab=${opened++}`);
  const [hear] = listeners;
  listeners = [...before, ...listeners];
  return { ...module, hear: () => hear({ key: KEY }) };
}

beforeEach(() => {
  kept.clear();
  listeners = [];
});

test("two tabs add ads and lose none, and each shows what the other made", async () => {
  const [one, other] = [await tab(), await tab()];
  one.addAds([ad("a")]);
  other.addAds([ad("b")]);
  assert.deepEqual(ids(stored().ads), ["b", "a"]);
  let told = 0;
  one.otherTabs.addEventListener("change", () => (told += 1));
  one.hear();
  assert.deepEqual([told, ids(one.memory.ads)], [1, ["b", "a"]]);
  other.addAds([ad("a", 5)]);
  assert.deepEqual(ids(stored().ads), ["a", "b"], "the same ad, followed by both, is there once");
});

test("an ad that one tab forgets is not brought back by another", async () => {
  const [one, other] = [await tab(), await tab()];
  one.addAds([ad("a"), ad("b")]);
  other.forgetAd(ad("a"));
  one.keep();
  assert.deepEqual(ids(stored().ads), ["b"]);
});

test("jobs of one tab stay remembered while another's end", async () => {
  const [one, other] = [await tab(), await tab()];
  one.keepUnderWay([start("p1")], new Set(["p1"]));
  other.keepUnderWay([start("p2")], new Set(["p2"]));
  assert.deepEqual(stored().underWay.map(({ promptId }) => promptId), ["p2", "p1"]);
  one.keepUnderWay([], new Set(["p1"]));
  assert.deepEqual(stored().underWay.map(({ promptId }) => promptId), ["p2"]);
});

test("the form is each tab's own, and the next tab begins with the last one", async () => {
  const [one, other] = [await tab(), await tab()];
  one.memory.wishes.brief = "딸기라떼";
  one.keep();
  other.hear();
  assert.equal(other.memory.wishes.brief, "");
  assert.equal((await tab()).memory.wishes.brief, "딸기라떼");
});

test("a browser that keeps nothing still has the ads of this page", async () => {
  const page = await tab();
  page.addAds([ad("old")]);
  const { setItem } = globalThis.localStorage;
  globalThis.localStorage.setItem = () => { throw new Error("full"); };
  page.addAds([ad("a")]);
  page.addAds([ad("b")]);
  globalThis.localStorage.setItem = setItem;
  assert.deepEqual(ids(page.memory.ads), ["b", "a", "old"]);
});

test("there are never more than forty ads", async () => {
  const page = await tab();
  for (let number = 0; number < 45; number++) page.addAds([ad(`${number}`)]);
  assert.equal(stored().ads.length, 40);
});
