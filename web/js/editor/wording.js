/** Words changed where they stand. */

import { h } from "../page/dom.js";
import { isWithTheInputMethod } from "./keys.js";
import { entryOf, withEntry } from "./plan.js";

/**
 * Put a field over a box until it loses the focus; Escape takes back what was written.
 *
 * @param {import("./editor.js").LayoutEditor} editor
 * @param {Item} which
 * @param {() => void} end
 */
export function editInPlace(editor, which, end) {
  const box = editor.stage.shown.get(which.key);
  if (!box || box.querySelector("textarea")) return;
  const before = /** @type {Block} */ (entryOf(editor.plan, which));
  const size = editor.lines.set[which.index]?.size_px ?? 0.3 * (before.box.y1 - before.box.y0) * editor.scene.height;
  const onScreen = (size * editor.stage.sheet.clientWidth) / editor.scene.width;
  const area = h("textarea", {
    class: "ads-wording", spellcheck: "false", "aria-label": editor.say("editor.field.text"),
    style: `font-size:${Math.max(10, onScreen)}px;text-align:${before.align ?? "center"};font-family:${editor.lines.font}`,
  });
  area.value = before.text;
  let isOver = false;
  const finish = (/** @type {boolean} */ isKept) => {
    if (isOver) return;
    isOver = true;
    area.remove();
    end();
    const text = area.value.normalize("NFC");
    if (isKept && text !== before.text) {
      editor.show(withEntry(editor.plan, which, { text }));
      editor.commit();
    }
    box.focus();
    editor.catchUp();
  };
  area.addEventListener("blur", () => finish(true));
  area.addEventListener("keydown", (event) => {
    // While a syllable is being composed, Enter and Escape belong to the input method.
    if (isWithTheInputMethod(event)) return;
    if (event.key === "Escape") finish(false);
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      finish(true);
    }
    event.stopPropagation();
  });
  box.append(area);
  area.focus();
  area.select();
}
