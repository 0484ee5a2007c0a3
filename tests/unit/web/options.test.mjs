import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { optionName } from "../../../web/js/page/options.js";
import { sayer } from "../../../web/js/page/words.js";

const TABLES = Object.fromEntries(["ko", "en"].map((name) => [name, JSON.parse(readFileSync(new URL(`../../../locales/${name}/main.json`, import.meta.url), "utf8")).adStudio]));
const ko = (input, value) => optionName(input, value, sayer(TABLES.ko, TABLES.en));
const en = (input, value) => optionName(input, value, sayer(TABLES.en, TABLES.en));

test("an entry is named by the input that offers it", () => {
  assert.equal(ko("industry", "cafe"), "카페·커피");
  assert.equal(ko("style", "watercolor"), "수채화");
  assert.equal(ko("lora", "by style"), "그림체에 맞춰");
  assert.notEqual(ko("plate", "auto"), ko("provider", "auto"));
  assert.equal(en("industry", "auto"), TABLES.en.panel.industries.auto);
});

test("a channel is named with its size", () => {
  assert.equal(ko("channel", "kakao_native:2x1"), `${TABLES.ko.panel.channels.kakao_native} 2:1`);
  assert.equal(ko("channel", "naver_gfa:1200x628"), `${TABLES.ko.panel.channels.naver_gfa} 1200×628`);
  assert.equal(ko("channel", "kakao_native:profile"), `${TABLES.ko.panel.channels.kakao_native} 프로필`);
  assert.equal(ko("channel", "none"), "정하지 않음");
});

test("what has no name stands for itself", () => {
  for (const [input, value] of [["font", "Pretendard"], ["checkpoint", "z_image.safetensors"], ["aspect", "4:5"], ["channel", "my_shop:2x1"],
    ["style", "my own style"], ["industry", "constructor"], ["other", "x"], ["plate", ""], ["lora", "a.b.c"]]) assert.equal(ko(input, value), value);
});
