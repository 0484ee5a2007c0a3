import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { RunLog } from "../../../web/js/feedback/runlog.js";
import { badgeText, badgeWords, errorText, receiptText } from "../../../web/js/feedback/telling.js";
import { sayer } from "../../../web/js/page/words.js";

const table = (language) => JSON.parse(readFileSync(new URL(`../../../locales/${language}/main.json`, import.meta.url), "utf8")).adStudio;
const ko = sayer(table("ko"), table("en"));
const en = sayer(table("en"));
const state = (nodes) => ({ prompt_id: "p", nodes: Object.fromEntries(Object.entries(nodes).map(([id, state]) => [id, { state }])) });

function fed(...events) {
  const log = new RunLog();
  for (const [kind, detail, now] of events) log.take(kind, { prompt_id: "p", ...detail }, now);
  return log;
}

test("a run is told node by node", () => {
  const log = fed(
    ["execution_start", {}, 0], ["execution_cached", { nodes: ["1"] }, 1],
    ["progress_state", state({ 2: "running", 3: "pending" }), 100],
    ["progress_state", state({ 2: "finished", 3: "running" }), 400],
    ["executed", { node: "3", output: { adstudio_badges: [{ kind: "note", value: "tiles" }] } }, 900],
    ["execution_success", {}, 1000],
  );
  assert.deepEqual([...log.steps.values()].map(({ id, state, milliseconds }) => [id, state, milliseconds]),
    [["1", "cached", 0], ["2", "done", 300], ["3", "done", 600]]);
  assert.equal(log.state, "done");
  assert.equal(log.lasted(), 1000);
  assert.deepEqual(log.steps.get("3").badges, [{ kind: "note", value: "tiles" }]);
});

test("a node whose result was kept says what it said when it ran", () => {
  const said = [{ kind: "provider", value: "local" }];
  const log = fed(
    ["execution_start", {}, 0], ["executed", { node: "2", output: { adstudio_badges: said } }, 5], ["execution_success", {}, 9],
    ["execution_start", { prompt_id: "q" }, 10], ["execution_cached", { prompt_id: "q", nodes: [2, "7"] }, 11],
  );
  assert.deepEqual([...log.steps.values()].map(({ state, badges }) => [state, badges]), [["cached", said], ["cached", []]]);
});

test("a failure is told with its code, which comes before it", () => {
  const log = fed(
    ["execution_start", {}, 0], ["progress_state", state({ 2: "running" }), 100],
    ["adstudio.error", { node_id: "2", code: "text.no_copy", message: "m", hint: "h" }, 150],
    ["execution_error", { node_id: "2", exception_message: "m h\n" }, 160],
  );
  assert.deepEqual([log.state, log.steps.get("2").state, log.steps.get("2").error.code], ["failed", "failed", "text.no_copy"]);
});

test("another node's failure is told in its own words", () => {
  const log = fed(["execution_start", {}, 0], ["execution_error", { node_id: "9", exception_message: "boom\n" }, 5]);
  assert.equal(errorText(log.steps.get("9").error, ko), "boom");
});

test("a cancelled run leaves nothing running", () => {
  const log = fed(["execution_start", {}, 0], ["progress_state", state({ 2: "running" }), 10], ["execution_interrupted", {}, 60]);
  assert.deepEqual([log.state, log.steps.get("2").state, log.steps.get("2").milliseconds], ["cancelled", "cancelled", 50]);
});

test("another run's events are not mixed in, and a new run begins empty", () => {
  const log = fed(["execution_start", {}, 0], ["progress_state", state({ 2: "running" }), 10]);
  log.take("progress_state", { prompt_id: "other", nodes: { 7: { state: "running" } } }, 20);
  assert.deepEqual([...log.steps.keys()], ["2"]);
  log.take("execution_start", { prompt_id: "q" }, 30);
  assert.deepEqual([log.steps.size, log.state], [0, "running"]);
});

test("an error is told in Korean by its code, in English as the server says it", () => {
  const error = { code: "text.no_copy", message: "The layout holds no copy to draw.", hint: "Write a headline." };
  assert.match(errorText(error, ko), /^그릴 문구가 없습니다/);
  assert.equal(errorText(error, en), "The layout holds no copy to draw. Write a headline.");
  assert.equal(errorText({ ...error, code: "new.code" }, ko), "The layout holds no copy to draw. Write a headline.");
});

test("an error's figures stand in the Korean sentence; one that lacks them is told as the server says it", () => {
  const error = { code: "photo.too_small", message: "The photo is 20 × 9 pixels.", hint: "", figures: { width: 20, height: 9, least: 64 } };
  assert.match(errorText(error, ko), /20×9픽셀.*64픽셀/);
  assert.equal(errorText({ ...error, figures: undefined }, ko), "The photo is 20 × 9 pixels.");
  const log = fed(["execution_start", {}, 0], ["adstudio.error", { node_id: "2", ...error }, 5]);
  assert.deepEqual(log.steps.get("2").error, error);
});

test("a photo of a batch is named, in Korean before its words and in English once", () => {
  const error = { code: "cutout.too_small", message: "Photo 2 of 5: The product is small.", hint: "", figures: { width: 3, height: 2, number: 2, of: 5 } };
  assert.match(errorText(error, ko), /^5장 중 2번째 사진: .*3×2픽셀/);
  assert.equal(errorText(error, en), "Photo 2 of 5: The product is small.");
});

test("a note is told in Korean by its code, with its figures", () => {
  const note = { kind: "note", value: "3 parts.", code: "cutout.pieces", figures: { count: 3 } };
  assert.match(badgeWords(note, ko), /3조각/);
  assert.equal(badgeWords(note, en), "3 parts.");
  assert.equal(badgeWords({ kind: "note", value: "own words" }, ko), "own words");
  const font = { kind: "note", value: "정해진 글꼴은 …", code: "template.other_font", figures: { wanted: "Spoqa Han Sans", font: "Pretendard" } };
  assert.match(badgeWords(font, ko), /Pretendard로 그렸습니다/);
  assert.match(badgeWords(font, en), /but Pretendard was used/);
  const found = { kind: "note", value: "글자가 작아요.", code: "template.found", figures: { said: "글자가 작아요.", found: "Small letters." } };
  assert.deepEqual([badgeWords(found, ko), badgeWords(found, en)], ["글자가 작아요.", "Small letters."]);
});

test("a channel that was left out is told with the error's words, in either language", () => {
  const error = { code: "composite.product_too_small", message: "Product 1 is only 60 × 60 pixels.", hint: "", figures: { number: 1, width: 60, height: 60, times: "13", least: 96 } };
  const badge = { kind: "note", value: "Instagram Story: Product 1 is only 60 × 60 pixels.", code: "reflow.refused", figures: { channel: "인스타그램 스토리", english: "Instagram Story" }, error };
  assert.match(badgeWords(badge, ko), /^인스타그램 스토리는 만들지 못해 .*60×60픽셀/);
  assert.equal(badgeWords(badge, en), "Instagram Story could not be made and was left out. Product 1 is only 60 × 60 pixels.");
  assert.match(badgeWords({ ...badge, error: { ...error, figures: undefined } }, ko), /Product 1 is only/);
});

test("what stands on a node is told line by line in the page's language, and names are those of the menus", () => {
  const lines = [
    { kind: "note", value: "harmonised …", code: "receipt.harmonised", figures: { harmonize: "0.30", light: "left", angle: "-45", height: "40" } },
    { kind: "note", value: "The text encoder …", code: "checkpoint.converted", figures: { part: "text encoder", kinds: "GGUF Q8_0", dtype: "bfloat16", size: "4.1 GB" } },
    { kind: "note", value: "" },
    { kind: "note", value: "own <b>words</b>" },
  ];
  assert.equal(receiptText([[lines[2]], lines], ko), "색 맞춤 0.30 · 빛 방향: 왼쪽 (각도 -45°, 높이 40°)  \n"
    + "텍스트 인코더가 GGUF Q8_0 파일이라 불러올 때 bfloat16으로 풉니다. 메모리를 4.1 GB 씁니다.  \n  \nown ＜b＞words＜/b＞");
  assert.equal(receiptText([lines], en), "harmonised …  \nThe text encoder …  \n  \nown ＜b＞words＜/b＞");
  assert.equal(receiptText([], ko), "");
  const found = { kind: "note", value: "[WARN] bytes.large 큽니다.", code: "channel.finding", figures: { level: "WARN", finding: "bytes.large", said: "큽니다.", found: "Large." } };
  assert.deepEqual([receiptText([[found]], ko), receiptText([[found]], en)], ["[주의] 큽니다. (bytes.large)", "[warning] bytes.large: Large."]);
});

test("badges tell who did it, and warn", () => {
  const badges = [{ kind: "provider", value: "rules" }, { kind: "fallback", value: "openai" }, { kind: "note", value: "a" }, { kind: "note", value: "b" }];
  assert.deepEqual(badgeText(badges, ko), { text: "규칙 · 외부 서비스 대신 · 알림 2", isWarning: true });
  assert.deepEqual(badgeText([{ kind: "method", value: "rembg:u2net" }, { kind: "licence", value: "Apache-2.0" }], en), { text: "cut out: rembg:u2net · Apache-2.0", isWarning: false });
  assert.equal(badgeText([{ kind: "fallback", value: "openai" }], ko).isWarning, true);
  assert.deepEqual(badgeText([], ko), { text: "", isWarning: false });
});

test("how a brief was read is told in the page's language", () => {
  const figures = { why: "‘창가’", what: "장소", meaning: "a sunlit window", cause: "“창가”", axis: "place", english: "a sunlit window" };
  const read = { kind: "note", value: "‘창가’ → 장소: a sunlit window", code: "reading.became", figures };
  const trade = { kind: "note", value: "업종: 카페·커피", code: "reading.trade", figures: { trade: "카페·커피", industry: "cafe" } };
  assert.deepEqual([receiptText([[read, trade]], ko), receiptText([[read, trade]], en)],
    ["‘창가’ → 장소: a sunlit window  \n업종: 카페·커피", "“창가” → place: a sunlit window  \ntrade: Café and coffee shop"]);
});

test("a note that tells an error tells both in the page's language", () => {
  const error = { code: "provider.no_key", message: "No key is set.", hint: "Set one.", figures: { host: "api.openai.com" } };
  const note = { kind: "note", value: "‘openai’ 실패", code: "prompt.fallback", figures: { provider: "openai" }, error };
  assert.equal(badgeWords(note, en), "“A service” failed, so the rules wrote instead: No key is set. Set one.");
  assert.match(badgeWords(note, ko), /^‘외부 서비스’에서 실패해 규칙으로 썼어요\. 외부 서비스\(api\.openai\.com\)의 키가 없습니다/);
});

test("what the doctor cannot mend is told with its rule, and what is wanted in the page's language", () => {
  const figures = { part: "scheduler", rule: "scheduler.shift", key: "shift", came: "-1", wanted: "a number above 0" };
  const note = { kind: "note", value: "problem: scheduler: shift is -1", code: "doctor.impossible", figures };
  assert.equal(badgeWords(note, ko), "스케줄러: shift 값이 -1인데 0보다 큰 수여야 합니다. 이 모델의 옳은 값은 알 수 없습니다. (scheduler.shift)");
  assert.equal(badgeWords(note, en), note.value);
  const stored = { ...note, code: "doctor.storage", figures: { part: "transformer", rule: "transformer.storage" }, error: { code: "", message: "No.", hint: "" } };
  assert.match(badgeWords(stored, ko), /No\. \(transformer\.storage\)$/);
});

test("a count and its English words agree, also where it comes as it is to be read", () => {
  const say = sayer({ left: "{count:job is|jobs are} left", points: "{points:point|points}" });
  assert.deepEqual([0, 1, 2, "1", "1,001", "1.5"].map((count) => say("left", { count })),
    ["0 jobs are left", "1 job is left", "2 jobs are left", "1 job is left", "1,001 jobs are left", "1.5 jobs are left"]);
  assert.equal(say("left"), "{count} left");
  assert.equal(en("notes.lettering.redrawn", { times: 1 }), "Something looked like lettering, so the picture was drawn again in other words (1 time).");
  assert.equal(en("panel.lacks.title", { count: 1 }), "1 thing is missing in this ComfyUI");
});
