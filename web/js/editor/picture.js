/** The picture under a layout: loaded once per address, and read for the brightness behind letters. */

import { luminance } from "./contrast.js";

const SAMPLED_PX = 192;

export class Picture {
  /** @param {HTMLImageElement} image a loaded one */
  constructor(image) {
    this.url = image.src;
    this.width = image.naturalWidth;
    this.height = image.naturalHeight;
    this.file = fileOf(image.src);
    const scale = Math.min(1, SAMPLED_PX / Math.max(this.width, this.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(this.width * scale));
    canvas.height = Math.max(1, Math.round(this.height * scale));
    const brush = canvas.getContext("2d", { willReadFrequently: true });
    brush?.drawImage(image, 0, 0, canvas.width, canvas.height);
    this.pixels = brush?.getImageData(0, 0, canvas.width, canvas.height);
  }

  /**
   * @param {string} url
   * @returns {Promise<Picture | null>} null where nothing can be loaded
   */
  static async load(url) {
    const image = new Image();
    image.src = url;
    try {
      await image.decode();
      return new Picture(image);
    } catch {
      return null;
    }
  }

  /**
   * Luminance of every sampled pixel under a rectangle.
   *
   * @param {Rect} rect
   * @returns {number[]}
   */
  luminancesUnder(rect) {
    const { data, width, height } = this.pixels ?? { data: [], width: 0, height: 0 };
    const found = [];
    for (let y = Math.max(0, Math.floor(rect.y0 * height)); y < Math.min(height, Math.ceil(rect.y1 * height)); y += 1) {
      for (let x = Math.max(0, Math.floor(rect.x0 * width)); x < Math.min(width, Math.ceil(rect.x1 * width)); x += 1) {
        const place = 4 * (y * width + x);
        found.push(luminance(data[place], data[place + 1], data[place + 2]));
      }
    }
    return found;
  }
}

/**
 * The file on the server behind a picture's address; null where it is no such address.
 *
 * @param {string} url
 * @returns {PictureFile | null}
 */
export function fileOf(url) {
  const { pathname, searchParams } = new URL(url, location.href);
  const filename = searchParams.get("filename");
  if (!pathname.endsWith("/view") || !filename) return null;
  return { filename, subfolder: searchParams.get("subfolder") ?? "", type: searchParams.get("type") ?? "output" };
}
