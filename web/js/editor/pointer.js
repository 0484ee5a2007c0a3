/** The mouse, pen or finger on the stage: choose, move, pull a handle. */

import { moved, resized, scaled } from "./geometry.js";
import { anchorOf, entryOf, itemsOf, rectOf, withRect } from "./plan.js";
import { snapLines, snapMoved, snapResized } from "./snapping.js";

const REACH_PX = 7;
const STILL_PX = 2;

/**
 * Nothing here prevents the default of `pointerdown`: that would swallow the `mouseup` by which ComfyUI notes a change.
 *
 * @param {import("./editor.js").LayoutEditor} editor
 */
export function listenToPointer(editor) {
  const { boxes, sheet } = editor.stage;
  /** @type {Grip | null} */
  let grip = null;

  sheet.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    event.stopPropagation();
    const target = /** @type {HTMLElement} */ (event.target);
    if (target.closest("textarea")) return;
    const box = /** @type {HTMLElement | null} */ (target.closest(".ads-box"));
    const item = editor.itemOf(box?.dataset.key ?? "");
    editor.select(item?.key ?? "");
    if (!box || !item || editor.isReadOnly || entryOf(editor.plan, item).locked) return;
    grip = {
      item, handle: target.dataset.handle ?? "", plan: editor.plan, rect: rectOf(editor.plan, item, editor.scene),
      from: [event.clientX, event.clientY], frame: sheet.getBoundingClientRect(), id: event.pointerId, hasMoved: false,
    };
    editor.isHeld = true;
    box.setPointerCapture(event.pointerId);
  });

  boxes.addEventListener("pointermove", (event) => {
    if (!grip || event.pointerId !== grip.id) return;
    event.stopPropagation();
    const [across, down] = [event.clientX - grip.from[0], event.clientY - grip.from[1]];
    if (!grip.hasMoved && Math.hypot(across, down) < STILL_PX) return;
    grip.hasMoved = true;
    const { rect, guides } = pulled(editor, grip, across / grip.frame.width, down / grip.frame.height, !event.altKey);
    editor.show(withRect(grip.plan, grip.item, rect, editor.scene), { guides });
  });

  const letGo = (/** @type {PointerEvent} */ event) => {
    if (!grip || event.pointerId !== grip.id) return;
    const { hasMoved, item } = grip;
    grip = null;
    editor.isHeld = false;
    if (hasMoved) {
      editor.show(editor.plan, { guides: { x: [], y: [] } });
      editor.commit();
      editor.tellPlace(item);
    }
    editor.catchUp();
  };
  boxes.addEventListener("pointerup", letGo);
  boxes.addEventListener("pointercancel", letGo);
  boxes.addEventListener("dblclick", (event) => {
    const box = /** @type {HTMLElement | null} */ (/** @type {HTMLElement} */ (event.target).closest(".ads-box"));
    const item = editor.itemOf(box?.dataset.key ?? "");
    if (item) editor.editText(item);
    event.stopPropagation();
  });
}

/**
 * @param {import("./editor.js").LayoutEditor} editor
 * @param {Grip} grip
 * @param {number} dx
 * @param {number} dy
 * @param {boolean} snaps
 * @returns {{rect: Rect, guides: Guides}}
 */
function pulled(editor, grip, dx, dy, snaps) {
  const none = { x: [], y: [] };
  if (grip.handle && grip.item.kind === "product") {
    const anchor = anchorOf(/** @type {Product} */ (entryOf(grip.plan, grip.item)));
    return { rect: scaled(grip.rect, growth(grip, anchor, dx, dy), anchor), guides: none };
  }
  const rect = grip.handle ? resized(grip.rect, grip.handle, dx, dy) : moved(grip.rect, dx, dy);
  if (!snaps) return { rect, guides: none };
  const others = itemsOf(grip.plan).filter((each) => each.key !== grip.item.key).map((each) => rectOf(grip.plan, each, editor.scene));
  const lines = snapLines(others, editor.scene.safe);
  const reach = { x: REACH_PX / grip.frame.width, y: REACH_PX / grip.frame.height };
  return grip.handle ? snapResized(rect, grip.handle, lines, reach) : snapMoved(rect, lines, reach);
}

/**
 * How much larger a product becomes: as its corner moves away from where it stands.
 *
 * @param {Grip} grip
 * @param {[number, number]} anchor
 * @param {number} dx
 * @param {number} dy
 */
function growth({ rect, handle, frame }, [across, down], dx, dy) {
  const corner = [handle.includes("w") ? 0 : handle.includes("e") ? 1 : 0.5, handle.includes("n") ? 0 : handle.includes("s") ? 1 : 0.5];
  const arm = [(corner[0] - across) * (rect.x1 - rect.x0) * frame.width, (corner[1] - down) * (rect.y1 - rect.y0) * frame.height];
  const length = Math.hypot(arm[0], arm[1]);
  if (length < 1) return 1;
  const along = (arm[0] * dx * frame.width + arm[1] * dy * frame.height) / length;
  return Math.max(0.05, (length + along) / length);
}
