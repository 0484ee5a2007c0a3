import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";

import { drawing, engineOf, gigabytes, hindrance } from "../../../web/js/panel/engines.js";
import { fixFor } from "../../../web/js/panel/fixes.js";
import { Workflow } from "../../../web/js/panel/graph.js";
import { Job } from "../../../web/js/panel/job.js";
import { isSettled, isWordless } from "../../../web/js/panel/locked.js";
import { recall } from "../../../web/js/panel/recall.js";
import { FLAWS, warningsOf } from "../../../web/js/panel/warnings.js";
import { BLANK, downloadName, fill, missing, templateOf } from "../../../web/js/panel/wishes.js";

const folder = new URL("../../../workflows/", import.meta.url);
const read = (name) => JSON.parse(readFileSync(new URL(name, folder), "utf8"));
const names = readdirSync(folder).filter((name) => name.endsWith(".json"));
const wishes = (more) => ({ ...BLANK, brief: "딸기라떼", ...more });
const file = (place, state = "there", gb = 1.2) => ({ place, state, gb, hub: "o/r", path: place, licence: "x", commercial: true });
const engine = (id, workflows, files = []) => ({
  id, workflows: { words: "", photo: "", composite: "", ...workflows }, ready: files.every(({ state }) => state === "there"), commercial: true, steps: 4,
  sizes: { "4:5": [928, 1152] }, files,
});
const ENGINES = [
  engine("zit", { words: "01", photo: "02", composite: "03" }),
  engine("flux2-klein", { words: "11-flux2-klein-4b", composite: "14-flux2-klein-product" }, [file("vae/a")]),
  engine("flux2-klein-9b", { words: "12-flux2-klein-9b" }, [file("vae/a")]),
  engine("qwen-edit", { photo: "15-qwen-image-edit" }, [file("vae/b")]),
  engine("sdxl", { words: "19-sdxl-realistic", photo: "19-sdxl-realistic" }, [file("checkpoints/c", "missing", 6.9), file("controlnet/d", "damaged", 2.5), file("vae/a")]),
];
const LOCKED = { kakao_bizboard: { template: "kakao_bizboard", words: true }, coupang: { template: "marketplace_white", words: false } };
const filled = (more, one = {}, schemas = {}, engines = ENGINES) => {
  const asked = wishes(more);
  return fill(read(templateOf(asked, engines, LOCKED[one.channel])), asked, { channel: "", seed: 3, ...one }, { schemas, engines, locked: LOCKED });
};
const step = (prompt, type) => Object.values(prompt).find(({ class_type }) => class_type === type);
const photo = { name: "adstudio/컵.png", url: "", title: "컵.png" };
const schema = (inputs, outputs) => ({
  input: { required: inputs }, input_order: { required: Object.keys(inputs) }, output: outputs, output_name: outputs.map((kind) => kind.toLowerCase()),
});
const CHANNELS = {
  AdStudioChannelPreset: schema({ channel: ["COMBO", { options: ["a", "kakao:2x1"] }], zit: ["ADSTUDIO_ZIT"] }, ["INT", "INT", "INT", "INT", "ADSTUDIO_CHANNEL"]),
  AdStudioFitToChannel: schema({ image: ["IMAGE"], channel: ["ADSTUDIO_CHANNEL"], lean: ["FLOAT", { default: 0.5 }] }, ["IMAGE", "MASK", "STRING"]),
};

for (const name of names) {
  test(`${name} reads as the prompt that is shipped beside it`, () => {
    const shipped = Object.entries(read(`api/${name}`)).map(([id, { _meta, ...rest }]) => [id, rest]);
    assert.deepEqual(new Workflow(read(name)).prompt(), Object.fromEntries(shipped));
  });
}

test("each wish chooses its template, and what is missing is named", () => {
  assert.equal(templateOf(wishes(), ENGINES), "Create ad.app.json");
  assert.equal(templateOf(wishes({ photo }), ENGINES), "Product ad.app.json");
  assert.equal(templateOf(wishes({ mode: "edit", photo }), ENGINES), "Edit ad.app.json");
  assert.equal(templateOf(wishes({ engine: "flux2-klein" }), ENGINES), "11-flux2-klein-4b.json");
  assert.equal(templateOf(wishes({ engine: "flux2-klein", photo }), ENGINES), "14-flux2-klein-product.json");
  assert.equal(templateOf(wishes({ engine: "flux2-klein", mode: "edit" }), ENGINES), "Edit ad.app.json"); // by strength: Z-Image's alone
  assert.equal(templateOf(wishes({ mode: "edit", way: "instruction" }), ENGINES), "15-qwen-image-edit.json");
  assert.equal(missing(wishes(), LOCKED), "");
  assert.equal(missing(wishes({ mode: "edit", way: "instruction", picture: photo }), LOCKED), "instruction");
  assert.equal(missing(wishes({ mode: "edit", way: "instruction", picture: photo, instruction: "딸기라떼로", brief: "" }), LOCKED), "");
  assert.equal(missing(wishes({ brief: " \n" }), LOCKED), "brief");
  assert.equal(missing(wishes({ mode: "edit" }), LOCKED), "picture");
  assert.equal(missing(wishes({ words: "own" }), LOCKED), "headline");
});

test("a channel with a template of its own asks for a photo, and for words only where it has lines", () => {
  const both = ["instagram_feed", "coupang"];
  assert.equal(templateOf(wishes({ photo, engine: "flux2-klein" }), ENGINES, LOCKED.coupang), "Bizboard ad.app.json");
  assert.equal(missing(wishes({ channels: ["kakao_bizboard"] }), LOCKED), "photo");
  assert.equal(missing(wishes({ channels: ["kakao_bizboard"], photo, brief: "" }), LOCKED), "brief");
  assert.equal(missing(wishes({ channels: ["kakao_bizboard"], photo }), LOCKED), "");
  assert.equal(missing(wishes({ channels: ["coupang"], brief: "", words: "own" }), LOCKED), "photo");
  assert.equal(missing(wishes({ channels: ["coupang"], brief: "", words: "own", photo }), LOCKED), "");
  assert.equal(missing(wishes({ channels: both, brief: "", photo }), LOCKED), "brief");
  assert.equal(missing(wishes({ mode: "edit", channels: ["coupang"], picture: photo }), LOCKED), "", "a picture that is changed goes to no template");
  assert.deepEqual([isWordless(wishes({ channels: both }), LOCKED), isWordless(wishes({ channels: ["coupang"] }), LOCKED), isWordless(wishes(), LOCKED)], [false, true, false]);
});

test("a Bizboard is set with the words that are written for it, or with one's own", () => {
  const prompt = filled({ photo, industry: "cafe", provider: "rules" }, { channel: "kakao_bizboard" }).prompt();
  const [template, copy] = [step(prompt, "AdStudioChannelTemplate").inputs, step(prompt, "AdStudioAdCopy").inputs];
  const writer = Object.keys(prompt).find((id) => prompt[id].class_type === "AdStudioAdCopy");
  assert.deepEqual([template.template, template.channel, template.headline, template.sub], ["kakao_bizboard", "kakao_bizboard", [writer, 3], [writer, 4]]);
  assert.deepEqual([copy.brief, copy.industry, copy.channel], ["딸기라떼", "cafe", "kakao_bizboard"]);
  assert.equal(step(prompt, "LoadImage").inputs.image, photo.name);
  const own = filled({ photo, words: "own", headline: " 오늘만 반값 ", sub: "" }, { channel: "kakao_bizboard" }).prompt();
  assert.deepEqual([step(own, "AdStudioChannelTemplate").inputs.headline, step(own, "AdStudioChannelTemplate").inputs.sub], ["오늘만 반값", ""]);
  const other = filled({ photo }, { channel: "kakao_bizboard", seed: 4 }).prompt();
  assert.notEqual(step(other, "AdStudioAdCopy").inputs.variation, copy.variation, "made once more it would be the same");
  const named = (more) => step(filled({ photo, advertiser: " 소담카페 ", ...more }, { channel: "kakao_bizboard" }).prompt(), "AdStudioChannelTemplate").inputs;
  assert.deepEqual([named({}).advertiser, named({}).sub, typeof named({}).headline], ["소담카페", "소담카페", "object"]);
  assert.deepEqual([named({ words: "own", headline: "반값", sub: "오늘만" }).advertiser, named({ words: "own", headline: "반값", sub: "오늘만" }).sub], ["소담카페", "오늘만"]);
});

test("an ad in which nothing is drawn or written is not made once more", () => {
  const settled = (channel, words) => isSettled({ wishes: wishes({ words }), channel }, LOCKED);
  assert.deepEqual([settled("coupang", "auto"), settled("kakao_bizboard", "own"), settled("kakao_bizboard", "auto"), settled("instagram_feed", "own")], [true, true, false, false]);
});

test("a white main picture takes no words, whatever was written", () => {
  const prompt = filled({ photo, words: "own", headline: "반값", sub: "오늘만", advertiser: "소담카페" }, { channel: "coupang" }).prompt();
  const { template, channel, headline, sub, advertiser } = step(prompt, "AdStudioChannelTemplate").inputs;
  assert.deepEqual([template, channel, headline, sub, advertiser], ["marketplace_white", "coupang", "", "", ""]);
});

test("a job hands on the words that stand in a fixed template", () => {
  const job = new Job({ wishes: wishes(), channel: "kakao_bizboard", seed: 1, at: 0, promptId: "p", prompt: { ad_5: { class_type: "AdStudioChannelTemplate", inputs: {} } } });
  job.take("executed", { prompt_id: "p", node: "ad_5", output: { adstudio_words: [{ role: "headline", text: "봄 신메뉴" }, { role: "sub", text: "딸기라떼" }] } }, 1);
  assert.deepEqual(job.words, { headline: "봄 신메뉴", sub: "딸기라떼" });
});

test("what was filled in lands on its nodes, named and by position", () => {
  const workflow = filled({ photo, style: "watercolor", industry: "cafe", provider: "rules", checkpoint: "z", font: "F", brief: "카페".normalize("NFD") });
  const prompt = workflow.prompt("ad_");
  assert.ok(Object.keys(prompt).every((id) => id.startsWith("ad_")));
  assert.equal(step(prompt, "AdStudioPromptProcessor").inputs.brief, "카페");
  assert.equal(step(prompt, "AdStudioPromptProcessor").inputs.industry, "cafe");
  assert.equal(step(prompt, "AdStudioLoraStyle").inputs.style, "watercolor");
  assert.equal(step(prompt, "AdStudioLanguageModel").inputs.provider, "rules");
  assert.equal(step(prompt, "AdStudioZitLoader").inputs.checkpoint, "z");
  assert.equal(step(prompt, "AdStudioTextOverlay").inputs.font, "F");
  assert.equal(step(prompt, "LoadImage").inputs.image, photo.name);
  assert.equal(step(prompt, "AdStudioText2Image").inputs.seed, 3);
  assert.equal(step(prompt, "AdStudioContactBlend").inputs.seed, 3);
  for (const node of workflow.saved.nodes) assert.deepEqual(Object.values(node.widgets_values_named ?? {}), node.widgets_values ?? []);
  assert.equal(workflow.opened().extra.linearMode, undefined);
});

test("words of one's own stand alone", () => {
  const layout = step(filled({ words: "own", headline: "반값", sub: "" }).prompt(), "AdStudioTextLayoutAnalyzer");
  assert.equal(layout.inputs.headline, "반값");
  assert.equal("copy" in layout.inputs, false);
});

test("an ad whose words are changed keeps its price and button, and no line that was left out", () => {
  const linked = (more) => "copy" in step(filled({ words: "own", headline: "반값", keepsRest: true, ...more }).prompt(), "AdStudioTextLayoutAnalyzer").inputs;
  assert.deepEqual([linked({ sub: "오늘만" }), linked({ sub: " " })], [true, false]);
});

test("a job hands on the words that its layout holds", () => {
  const job = new Job({ wishes: wishes(), channel: "", seed: 1, at: 0, promptId: "p", prompt: { ad_9: { class_type: "AdStudioLayoutEditor", inputs: {} } } });
  const texts = [{ role: "cta", text: "보기" }, { role: "headline", text: "봄맞이\n딸기라떼" }];
  job.take("executed", { prompt_id: "p", node: "ad_9", output: { adstudio_editor: [{ proposal: { texts } }] } }, 1);
  assert.deepEqual(job.words, { headline: "봄맞이 딸기라떼", sub: "" });
});

for (const [more, kind] of [[{}, "AdStudioText2Image"], [{ photo }, "AdStudioText2Image"], [{ mode: "edit", picture: photo }, "AdStudioImage2Image"]]) {
  test(`a channel is drawn, fitted and told: ${templateOf(wishes(more), ENGINES)}`, () => {
    const workflow = filled(more, { channel: "kakao:2x1" }, CHANNELS);
    const prompt = workflow.prompt();
    const idOf = (type) => Object.keys(prompt).find((id) => prompt[id].class_type === type);
    const [preset, fit] = [idOf("AdStudioChannelPreset"), idOf("AdStudioFitToChannel")];
    assert.equal(prompt[preset].inputs.channel, "kakao:2x1");
    assert.deepEqual(prompt[fit].inputs.image, [idOf(kind), 0]);
    assert.deepEqual(prompt[fit].inputs.channel, [preset, 4]);
    if (kind === "AdStudioText2Image") assert.deepEqual([prompt[idOf(kind)].inputs.width, prompt[idOf(kind)].inputs.height], [[preset, 0], [preset, 1]]);
    assert.deepEqual(prompt[idOf("AdStudioLayoutEditor")].inputs.channel, [preset, 4]);
    const takers = Object.values(prompt).filter(({ inputs }) => Object.values(inputs).some((value) => value?.[0] === idOf(kind) && value[1] === 0));
    assert.deepEqual(takers, [prompt[fit]]);
    // Both ends of every link know it, as the page expects of a file.
    const nodes = new Map(workflow.saved.nodes.map((node) => [node.id, node]));
    for (const [number, from, output, to, slot] of workflow.saved.links) {
      assert.ok(nodes.get(from).outputs[output].links.includes(number));
      assert.equal(nodes.get(to).inputs[slot].link, number);
    }
  });
}

const WRITER = { AdStudioLanguageModel: schema({ provider: ["COMBO", { options: ["auto", "rules"] }], language_model: ["STRING", { default: "" }] }, ["ADSTUDIO_WRITER"]) };

test("an engine that cannot draw what is wished says why, and is not taken", () => {
  const names = (list) => list.map(({ id }) => id);
  assert.deepEqual(names(drawing(ENGINES)), ["zit", "flux2-klein", "flux2-klein-9b", "sdxl"]);
  assert.equal(hindrance(wishes({ engine: "flux2-klein", photo }), ENGINES), "");
  assert.equal(hindrance(wishes({ engine: "flux2-klein-9b", photo }), ENGINES), "engine_task");
  assert.equal(hindrance(wishes({ engine: "sdxl" }), ENGINES), "engine_files");
  assert.equal(hindrance(wishes({ engine: "gone" }), ENGINES), "engine_absent");
  assert.equal(hindrance(wishes(), []), "", "Z-Image needs no answer of the server");
  const lacking = [engine("qwen-edit", { photo: "15-qwen-image-edit" }, [file("vae/b", "missing")])];
  assert.equal(hindrance(wishes({ mode: "edit", way: "instruction" }), lacking), "engine_files");
  assert.equal(hindrance(wishes({ mode: "edit", engine: "sdxl" }), ENGINES), "", "a change by strength asks no other engine");
  assert.equal(gigabytes(ENGINES), 10);
  assert.equal(engineOf(wishes({ engine: "" })), "zit");
});

test("another engine is filled as the server's own client does", () => {
  const workflow = filled({ engine: "flux2-klein", aspect: "4:5", style: "watercolor", provider: "rules" }, {}, WRITER);
  const prompt = workflow.prompt();
  const writer = Object.keys(prompt).find((id) => prompt[id].class_type === "AdStudioLanguageModel");
  for (const type of ["EmptyFlux2LatentImage", "Flux2Scheduler"]) assert.deepEqual([step(prompt, type).inputs.width, step(prompt, type).inputs.height], [928, 1152]);
  assert.equal(step(prompt, "RandomNoise").inputs.noise_seed, 3);
  assert.deepEqual([step(prompt, "AdStudioPromptProcessor").inputs.style, step(prompt, "AdStudioPromptProcessor").inputs.brief], ["watercolor", "딸기라떼"]);
  for (const type of ["AdStudioPromptProcessor", "AdStudioAdCopy"]) assert.deepEqual(step(prompt, type).inputs.writer, [writer, 0]);
  assert.equal(prompt[writer].inputs.provider, "rules");
});

test("an instruction goes to the model that edits, and the words are about the ad", () => {
  const told = { mode: "edit", way: "instruction", picture: photo, instruction: "커피를 딸기라떼로".normalize("NFD"), brief: "" };
  for (const [brief, subject] of [["", "커피를 딸기라떼로"], ["딸기라떼 출시", "딸기라떼 출시"]]) {
    const prompt = filled({ ...told, brief }, {}, WRITER).prompt();
    const prompts = Object.values(prompt).filter(({ class_type }) => class_type === "TextEncodeQwenImageEditPlus").map(({ inputs }) => inputs.prompt);
    assert.deepEqual(prompts.sort(), ["", "커피를 딸기라떼로"]);
    assert.equal(step(prompt, "LoadImage").inputs.image, photo.name);
    assert.equal(step(prompt, "KSampler").inputs.seed, 3);
    assert.equal(step(prompt, "AdStudioPromptProcessor").inputs.brief, subject);
  }
});

test("without a photo, nothing follows the shapes of one", () => {
  const engines = ENGINES.map((each) => ({ ...each, ready: true }));
  const prompt = filled({ engine: "sdxl" }, {}, WRITER, engines).prompt();
  for (const type of ["ControlNetApplyAdvanced", "ControlNetLoader", "Canny", "LoadImage"]) assert.equal(step(prompt, type), undefined);
  for (const name of ["positive", "negative"]) assert.equal(prompt[step(prompt, "KSampler").inputs[name][0]].class_type, "CLIPTextEncode");
  for (const { inputs } of Object.values(prompt)) for (const value of Object.values(inputs)) if (Array.isArray(value)) assert.ok(prompt[value[0]]);
});

for (const [more, sized] of [[{ engine: "flux2-klein" }, ["EmptyFlux2LatentImage", "Flux2Scheduler"]], [{ engine: "flux2-klein", photo }, ["EmptyFlux2LatentImage", "Flux2Scheduler"]],
  [{ mode: "edit", way: "instruction", picture: photo, instruction: "x" }, []]]) {
  test(`a channel is drawn and fitted by another engine: ${templateOf(wishes(more), ENGINES)}`, () => {
    const prompt = filled(more, { channel: "kakao:2x1" }, { ...CHANNELS, ...WRITER }).prompt();
    const idOf = (type) => Object.keys(prompt).find((id) => prompt[id].class_type === type);
    for (const type of sized) assert.deepEqual([prompt[idOf(type)].inputs.width, prompt[idOf(type)].inputs.height], [[idOf("AdStudioChannelPreset"), 0], [idOf("AdStudioChannelPreset"), 1]]);
    const takers = Object.values(prompt).filter(({ inputs }) => Object.values(inputs).some((value) => value?.[0] === idOf("VAEDecode")));
    assert.deepEqual(takers, [prompt[idOf("AdStudioFitToChannel")]]);
  });
}

test("a file's name keeps the words and nothing that a system might trip over", () => {
  assert.equal(downloadName("딸기라떼: 신메뉴/할인?", "a1b2.webp"), "딸기라떼 신메뉴 할인.webp");
  assert.equal(downloadName("../../etc\u202egpj.exe", "x.png"), "etc gpj exe.png");
  assert.equal(downloadName("///", "x"), "ad.png");
});

const job = () => new Job({ wishes: wishes(), channel: "", seed: 1, at: 0, promptId: "p", prompt: {
  ad_1: { class_type: "AdStudioText2Image", inputs: {} }, ad_2: { class_type: "AdStudioSaveImage", inputs: {} } } });

test("a job follows its events, and no other prompt's", () => {
  const one = job();
  one.take("execution_start", { prompt_id: "q" }, 0);
  assert.equal(one.state, "queued");
  one.take("execution_start", { prompt_id: "p" }, 0);
  one.take("progress_state", { prompt_id: "p", nodes: { ad_1: { state: "running", value: 4, max: 8 } } }, 1);
  assert.deepEqual([one.state, one.node, one.steps], ["running", "AdStudioText2Image", [4, 8]]);
  assert.ok(one.share > 0.4 && one.share < 0.5);
  one.take("executed", { prompt_id: "p", node: "ad_1", output: { images: [{ filename: "t.png", type: "output" }] } }, 2);
  one.take("executed", { prompt_id: "p", node: "ad_2", output: { images: [{ filename: "a.png", type: "output" }] } }, 2);
  one.take("execution_success", { prompt_id: "p" }, 3);
  assert.deepEqual([one.state, one.share, one.files], ["done", 1, [{ filename: "a.png", type: "output" }]]);
  const early = job(); // of a run whose results were all there the page may have heard the end alone
  early.take("execution_success", { prompt_id: "p" }, 1);
  assert.equal(early.isOver, false);
});

test("a failure is told by its code where there is one, and by the photo where that is all there is", () => {
  const [coded, photo] = [job(), job()];
  coded.take("execution_start", { prompt_id: "p" }, 0);
  coded.take("adstudio.error", { prompt_id: "p", node_id: "ad_1", code: "provider.no_key", message: "m", hint: "h" }, 1);
  coded.take("execution_error", { prompt_id: "p", node_id: "ad_1", node_type: "AdStudioText2Image", exception_message: "m" }, 2);
  photo.take("execution_start", { prompt_id: "p" }, 0);
  photo.take("execution_error", { prompt_id: "p", node_id: "ad_1", node_type: "LoadImage", exception_message: "m" }, 2);
  assert.deepEqual([coded, photo].map((one) => [one.error.code, fixFor(one)]), [["provider.no_key", "use_rules"], ["photo.unreadable", "photo"]]);
});

test("a template's font is not to be chosen, so its words are", () => {
  const fix = (kind) => {
    const one = new Job({ wishes: wishes(), channel: "", seed: 1, at: 0, promptId: "p", prompt: { ad_1: { class_type: kind, inputs: {} } } });
    one.refused({ code: "text.missing_glyph", message: "m", hint: "" });
    return fixFor(one);
  };
  assert.deepEqual([fix("AdStudioTextOverlay"), fix("AdStudioChannelTemplate")], ["use_font", "own_words"]);
});

test("a job knows its place, and when the server has forgotten it", () => {
  const one = job();
  one.seen({ queue_running: [[0, "r"]], queue_pending: [[9, "p"], [3, "x"]] });
  assert.deepEqual([one.state, one.ahead], ["queued", 2]);
  one.seen({ queue_running: [], queue_pending: [] });
  one.seen({ queue_running: [], queue_pending: [] });
  assert.equal(one.state, "queued");
  one.seen({ queue_running: [], queue_pending: [] });
  assert.equal(one.state, "lost");
});

test("a job that runs is not thrown back among those that wait by an answer from before its turn", () => {
  const one = job();
  one.take("execution_start", { prompt_id: "p" }, 0);
  one.seen({ queue_running: [], queue_pending: [[1, "p"]] });
  assert.equal(one.state, "running");
});

test("what happened while nobody listened is found in the history", () => {
  const done = job();
  done.remembered({ status: { messages: [] }, outputs: { ad_2: { images: [{ filename: "a.png", type: "output" }] } } });
  assert.deepEqual([done.state, done.files.length], ["done", 1]);
  const failed = job();
  failed.remembered({ status: { messages: [["execution_error", { exception_message: "m" }]] }, outputs: {} });
  assert.deepEqual([failed.state, failed.error.message, failed.error.code], ["failed", "m", ""]);
  const broken = job();
  broken.remembered({ status: { messages: [["execution_error", { node_type: "LoadImage", exception_message: "m" }]] }, outputs: {} });
  assert.equal(broken.error.code, "photo.unreadable");
  const start = { wishes: wishes(), channel: "", seed: 1, at: 0, promptId: "p", prompt: { ad_7: { class_type: "LoadImage", inputs: { image: "컵.png" } } } };
  const named = new Job(start);
  named.take("execution_error", { prompt_id: "p", node_id: "ad_7", node_type: "LoadImage", exception_message: "m" }, 1);
  assert.equal(named.error.figures.file, "컵.png", "the Korean sentence says which photo");
  const stopped = job();
  stopped.remembered({ status: { messages: [["execution_interrupted", {}]] } });
  assert.equal(stopped.state, "cancelled");
});

test("what a browser kept is made whole, whatever it is", () => {
  for (const kept of [null, 7, "x", [], {}, { wishes: { mode: "x", channels: "y", photo: {}, brief: 3 }, ads: [null, { id: 1 }, { id: "a" }], underWay: [7, { promptId: "p" }] }]) {
    assert.deepEqual(recall(kept), { wishes: BLANK, ads: [], underWay: [] });
  }
  const ad = { id: "a", at: 1, file: { filename: "a.png" }, wishes: wishes({ channels: ["daangn"], photo }), channel: "daangn", seed: 2, notes: [{ kind: "note", value: "soft" }], words: { headline: "가", sub: "" } };
  const old = recall({ ads: [{ ...ad, notes: "soft", words: { headline: 3 } }] }).ads[0];
  assert.deepEqual([old.notes, old.words], [[], null]);
  assert.deepEqual(recall(JSON.parse(JSON.stringify({ wishes: ad.wishes, ads: [ad], underWay: [] }))), { wishes: ad.wishes, ads: [ad], underWay: [] });
});

test("an ad warns of what its nodes said, also where the server has kept a node's result", () => {
  const busy = { kind: "note", value: "too busy", code: "cutout.busy", figures: { share: "46%" } };
  const prompt = (photo) => ({
    ad_1: { class_type: "LoadImage", inputs: { image: photo } },
    ad_2: { class_type: "AdStudioBackgroundRemoval", inputs: { image: ["ad_1", 0], method: "auto" } },
    ad_3: { class_type: "AdStudioPromptProcessor", inputs: {} },
  });
  const step = (id, state, badges) => ({ id, state, badges });
  const plain = { kind: "note", value: "auto: …", code: "cutout.weight_free" };
  assert.deepEqual(warningsOf(prompt("cat.jpg"), [step("ad_2", "done", [plain, busy]), step("ad_3", "done", [busy])]), [busy]);
  assert.deepEqual(warningsOf(prompt("cat.jpg"), [step("ad_2", "cached", [])]), [busy]);
  assert.deepEqual(warningsOf(prompt("cup.jpg"), [step("ad_2", "cached", [])]), []);
  const soft = { kind: "note", value: "상품 사진이 작아서 …", code: "template.soft", figures: { times: "2.1" } };
  const set = { ad_1: { class_type: "AdStudioChannelTemplate", inputs: {} } };
  assert.deepEqual(warningsOf(set, [step("ad_1", "done", [soft, plain])]), [soft]);
});

test("whatever an ad warns of has Korean words", () => {
  const { notes } = JSON.parse(readFileSync(new URL("../../../locales/ko/main.json", import.meta.url), "utf8")).adStudio;
  for (const [area, reason] of [...FLAWS].map((code) => code.split("."))) assert.ok(notes[area][reason], `${area}.${reason}`);
});
