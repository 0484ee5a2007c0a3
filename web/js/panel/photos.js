/** Photos on their way to the server's input folder. */

import { api, pictureUrl } from "../page/host.js";

const LARGEST_BYTES = 60_000_000;
const SMALL = "webp;60"; // the server's own reading of it: not every browser shows what the server can read
const KINDS = ["image/png", "image/jpeg", "image/webp", "image/avif", "image/gif", "image/bmp", "image/tiff"];

/**
 * @param {File} file
 * @returns {Promise<{photo: Photo} | {code: string}>} or the name of the panel's sentence that says why not
 */
export async function upload(file) {
  if (/hei[cf]/i.test(file.type) || /\.hei[cf]$/i.test(file.name)) return { code: "photo_heic" };
  if (!KINDS.includes(file.type)) return { code: "photo_kind" };
  if (file.size > LARGEST_BYTES) return { code: "photo_bytes" };
  const form = new FormData();
  form.append("image", file, plainName(file.name));
  form.append("type", "input");
  try {
    const answer = await api.fetchApi("/upload/image", { method: "POST", body: form });
    if (!answer.ok) return { code: "upload" };
    const { name, subfolder } = await answer.json();
    const url = `${pictureUrl({ filename: name, subfolder, type: "input" })}&preview=${encodeURIComponent(SMALL)}`;
    if (!(await canBeShown(url))) return { code: "photo_unreadable" };
    return { photo: { name, url, title: file.name } };
  } catch {
    return { code: "unreachable" };
  }
}

/**
 * What was chosen last for each place and is on its way. No form's own: a panel that is closed and opened has another.
 *
 * @type {Map<string, Promise<unknown>>}
 */
const coming = new Map();

/** Whether the form has yet to wait for a photo. */
export function isComing() {
  return coming.size > 0;
}

/**
 * Wait for a photo: an earlier one may arrive after a later one.
 *
 * @template T
 * @param {string} place of the form
 * @param {Promise<T>} photo
 * @returns {Promise<T | null>} null where another one was chosen after it, or it was taken back
 */
export async function arrival(place, photo) {
  coming.set(place, photo);
  const answer = await photo;
  if (coming.get(place) !== photo) return null;
  coming.delete(place);
  return answer;
}

/** @param {string} place whose photo is wanted no more */
export function forgetComing(place) {
  coming.delete(place);
}

/** @param {string} url */
async function canBeShown(url) {
  const image = new Image();
  image.src = url;
  return image.decode().then(() => true, () => false);
}

/**
 * The photo that is pasted; none where words are pasted into a field: spreadsheets add a picture of theirs.
 *
 * @param {Pick<DataTransfer, "files" | "getData"> | null} pasted
 * @param {EventTarget | null} target
 * @returns {File | undefined}
 */
export function photoIn(pasted, target) {
  const isField = target instanceof HTMLElement && target.matches("textarea, input[type=text]");
  return isField && pasted?.getData("text/plain") ? undefined : pasted?.files[0];
}

/**
 * A made ad, as the photo of the next one: without its letters, where the server kept it so.
 *
 * @param {PictureFile} file
 * @returns {Promise<Photo>}
 */
export async function photoOf(file) {
  const bare = file.origin;
  const found = bare ? await fetch(pictureUrl(bare), { method: "HEAD" }).then((answer) => answer.ok, () => false) : false;
  const taken = found && bare ? bare : file;
  const name = taken.subfolder ? `${taken.subfolder}/${taken.filename}` : taken.filename;
  return { name: `${name} [output]`, url: pictureUrl(taken), title: file.filename };
}

/**
 * A name without a path and without what some system gives a meaning to; letters of every language stay.
 *
 * @param {string} name
 */
export function plainName(name) {
  const plain = name.normalize("NFC").replace(/[^\p{L}\p{N}._ -]+/gu, "_").replace(/\.{2,}/g, ".").replace(/^[. ]+/, ""); // two dots, and the server shows nothing
  return plain.slice(-80) || "photo.png";
}
