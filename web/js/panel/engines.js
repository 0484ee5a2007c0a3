/** The models that can draw, and how an ad's wishes go into a workflow of core's own nodes. Knows no page. */

export const ZIT = "zit";
export const INSTRUCTING = "qwen-edit"; // the one that is told what to change

const SEEDS = [["RandomNoise", "noise_seed"], ["KSampler", "seed"]];
export const SIZED = ["EmptyFlux2LatentImage", "Flux2Scheduler", "EmptyLatentImage"];
const INSTRUCTION = "TextEncodeQwenImageEditPlus";
const CONTROL = "ControlNetApplyAdvanced";
const FOR_CONTROL = [CONTROL, "ControlNetLoader", "Canny", "LoadImage"];

/**
 * What is to be drawn, as engines tell their workflows apart.
 *
 * @param {Wishes} wishes
 * @returns {"words" | "photo" | "composite"}
 */
export function taskOf(wishes) {
  if (wishes.mode === "edit") return "photo";
  return wishes.photo ? "composite" : "words";
}

/**
 * Which engine an ad is drawn with: an edit by instruction has no choice, one by strength is Z-Image's.
 *
 * @param {Wishes} wishes
 */
export function engineOf(wishes) {
  if (wishes.mode === "edit") return wishes.way === "instruction" ? INSTRUCTING : ZIT;
  return wishes.engine || ZIT;
}

/**
 * Why the engine that the wishes name cannot draw them; empty where it can.
 *
 * @param {Wishes} wishes
 * @param {Engine[]} engines
 * @returns {"" | "engine_files" | "engine_absent" | "engine_task"}
 */
export function hindrance(wishes, engines) {
  const name = engineOf(wishes);
  if (name === ZIT) return "";
  const engine = engines.find((each) => each.id === name);
  if (!engine) return "engine_absent"; // the server tells only of those that its ComfyUI can draw with
  if (!engine.ready) return "engine_files";
  return engine.workflows[taskOf(wishes)] ? "" : "engine_task";
}

/**
 * Those that a new ad may be drawn with, ready or not.
 *
 * @param {Engine[]} engines
 */
export function drawing(engines) {
  return engines.filter(({ workflows }) => workflows.words);
}

/** @param {Engine[]} engines */
export function gigabytes(engines) {
  const files = new Map(engines.flatMap((engine) => engine.files.filter(({ state }) => state !== "there")).map((file) => [file.place, file.gb]));
  return Math.ceil([...files.values()].reduce((sum, gb) => sum + gb, 0));
}

/**
 * Fill in the part of a workflow that draws with another engine than Z-Image, as the server's own client does.
 *
 * @param {import("./graph.js").Workflow} workflow
 * @param {Wishes} wishes
 * @param {number} seed
 * @param {Engine} engine
 * @param {Record<string, NodeSchema>} schemas
 */
export function fillEngine(workflow, wishes, seed, engine, schemas) {
  const prompt = workflow.node("AdStudioPromptProcessor");
  if (prompt && schemas.AdStudioLanguageModel) {
    const writer = workflow.add("AdStudioLanguageModel", schemas.AdStudioLanguageModel, prompt);
    for (const node of [prompt, workflow.node("AdStudioAdCopy")]) if (node) workflow.link(writer, 0, node, "writer");
  }
  workflow.set("AdStudioPromptProcessor", "style", wishes.style);
  for (const [type, name] of SEEDS) workflow.set(type, name, seed);
  const [width, height] = engine.sizes[wishes.aspect] ?? [];
  for (const type of SIZED) {
    if (width && height) for (const [name, side] of /** @type {const} */ ([["width", width], ["height", height]])) workflow.set(type, name, side);
  }
  if (taskOf(wishes) === "words") uncontrol(workflow);
  for (const node of workflow.saved.nodes) {
    // The other one is the negative.
    if (node.type === INSTRUCTION && node.widgets_values_named?.prompt) workflow.setOn(node, "prompt", wishes.instruction.normalize("NFC"));
  }
}

/**
 * Take out what follows the shapes of a photo: there is none.
 *
 * @param {import("./graph.js").Workflow} workflow
 */
function uncontrol(workflow) {
  const control = workflow.node(CONTROL);
  if (!control) return;
  ["positive", "negative"].forEach((name, output) => {
    const source = workflow.sourceOf(control, name);
    if (source) workflow.reroute([control, output], source);
  });
  for (const type of FOR_CONTROL) {
    const node = workflow.node(type);
    if (node) workflow.remove(node);
  }
}
