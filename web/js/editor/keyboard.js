/** The keyboard on the stage: everything the mouse can do. */

import { moved, resized, scaled } from "./geometry.js";
import { claimKey } from "../page/host.js";
import { nameOfKey } from "./keys.js";
import { anchorOf, entryOf, rectOf, withRect } from "./plan.js";

/** @type {Record<string, [number, number]>} */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const FAST = 10;

/**
 * Keys that mean something here stop here: ComfyUI would delete the node, or undo twice.
 *
 * @param {import("./editor.js").LayoutEditor} editor
 */
export function listenToKeyboard(editor) {
  editor.element.addEventListener("keydown", (event) => {
    const isWriting = event.target instanceof HTMLElement && event.target.matches("input, textarea, select");
    if (handled(editor, event, isWriting)) claimKey(event);
    // Running the graph still reaches whom it concerns.
    else if (!(event.key === "Enter" && (event.ctrlKey || event.metaKey))) event.stopPropagation();
  });
  // A key that is let go elsewhere is not heard here.
  editor.element.addEventListener("focusout", () => editor.settle());
  editor.element.addEventListener("keyup", (event) => {
    if (event.key in ARROWS) editor.settle();
  });
}

/**
 * @param {import("./editor.js").LayoutEditor} editor
 * @param {KeyboardEvent} event
 * @param {boolean} isWriting
 */
function handled(editor, event, isWriting) {
  const command = event.ctrlKey || event.metaKey;
  const key = nameOfKey(event);
  if (isWriting) return false;
  if (command && editor.isReadOnly && "yz".includes(key)) return true;
  if (command && (key === "y" || (key === "z" && event.shiftKey))) return done(() => editor.redo());
  if (command && key === "z") return done(() => editor.undo());
  const box = /** @type {HTMLElement | null} */ (event.target instanceof HTMLElement ? event.target.closest(".ads-box") : null);
  const item = box && editor.itemOf(box.dataset.key ?? "");
  if (!item) return false;
  if (editor.selected !== item.key) editor.select(item.key);
  if (key === "Escape") return done(() => editor.select(""));
  if (key === " " || key === "Spacebar") return true;
  if (editor.isReadOnly) return false;
  if (key === "Delete" || key === "Backspace") return done(() => editor.remove());
  if (key === "Enter" || key === "F2") return command ? false : done(() => editor.editText(item));
  if (key === "l" && !command) return done(() => editor.toggleLock());
  if (key in ARROWS) return done(() => nudge(editor, item, ARROWS[key], event.shiftKey ? FAST : 1, command));
  return false;
}

/**
 * Move by pixels of the picture, or with Ctrl resize by them.
 *
 * @param {import("./editor.js").LayoutEditor} editor
 * @param {Item} item
 * @param {[number, number]} direction
 * @param {number} pixels
 * @param {boolean} resizes
 */
function nudge(editor, item, [right, down], pixels, resizes) {
  const entry = entryOf(editor.plan, item);
  if (entry.locked) return editor.tell(editor.say("editor.is_locked"));
  const { scene } = editor;
  const [dx, dy] = [(right * pixels) / scene.width, (down * pixels) / scene.height];
  const rect = rectOf(editor.plan, item, scene);
  let next = moved(rect, dx, dy);
  if (resizes && item.kind === "product") next = scaled(rect, 1 + (dx - dy) / (rect.y1 - rect.y0), anchorOf(entry));
  else if (resizes) next = resized(rect, "se", dx, dy);
  editor.isNudging = true;
  editor.show(withRect(editor.plan, item, next, scene));
  editor.tellPlace(item);
}

/** @param {() => unknown} action */
function done(action) {
  action();
  return true;
}
