/** Who is writing in the form: a form that is drawn anew must not take the pen away. Knows no page. */

/**
 * The field that is written in, and where: a form that is drawn anew hands it back.
 *
 * @param {HTMLElement} form
 */
export function textField(form) {
  const active = form.ownerDocument.activeElement;
  if (!active?.matches("textarea, input[type=text]") || !form.contains(active)) return null;
  const { classList, selectionStart, selectionEnd } = /** @type {HTMLTextAreaElement} */ (active);
  return { selector: `.${[...classList].join(".")}`, start: selectionStart, end: selectionEnd };
}

/**
 * @param {HTMLElement} form
 * @param {NonNullable<ReturnType<typeof textField>>} at
 */
export function resume(form, { selector, start, end }) {
  const found = /** @type {HTMLTextAreaElement | null} */ (form.querySelector(selector));
  found?.focus();
  found?.setSelectionRange(start, end);
}

/** @type {WeakSet<HTMLElement>} forms in which a syllable is being composed */
const composing = new WeakSet();

/** @param {HTMLElement} form */
export function followComposition(form) {
  form.addEventListener("compositionstart", () => composing.add(form));
  form.addEventListener("compositionend", () => composing.delete(form));
  form.addEventListener("focusout", () => composing.delete(form));
}

/**
 * Wait until no syllable is being composed.
 *
 * @param {HTMLElement} form
 */
export async function composed(form) {
  while (composing.has(form)) {
    await new Promise((resolve) => ["compositionend", "focusout"].forEach((kind) => form.addEventListener(kind, resolve, { once: true })));
  }
}
