/** How well letters stand out from the picture, as WCAG 2.2 reckons: against its darkest and brightest there. */

export const WHITE = "#ffffff";
export const BLACK = "#050505";
const LARGE = 3;
const SMALL = 4.5;
const PHONE_PX = 390;

/**
 * Relative luminance of an sRGB colour with channels 0..255.
 *
 * @param {number} red
 * @param {number} green
 * @param {number} blue
 */
export function luminance(red, green, blue) {
  return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
}

/** @param {string} colour `#RGB` or `#RRGGBB` */
export function luminanceOf(colour) {
  const digits = colour.replace("#", "");
  const full = digits.length === 3 ? [...digits].map((digit) => digit + digit).join("") : digits;
  const value = Number.parseInt(full, 16);
  return luminance((value >> 16) & 255, (value >> 8) & 255, value & 255);
}

/**
 * The lowest contrast of an ink against the ground: 1 where the ground is on both sides of it.
 *
 * @param {number} ink luminance of the letters
 * @param {number[]} ground luminances under them
 */
export function contrast(ink, ground) {
  if (ground.length === 0) return 21;
  const sorted = [...ground].sort((one, other) => one - other);
  const low = share(sorted, 0.05);
  const high = share(sorted, 0.95);
  if (low <= ink && ink <= high && high - low > 1e-6) return 1;
  return Math.min(ratio(ink, low), ratio(ink, high));
}

/**
 * White or black, whichever stands out more.
 *
 * @param {number[]} ground
 * @returns {string}
 */
export function bestInk(ground) {
  return contrast(luminanceOf(WHITE), ground) >= contrast(luminanceOf(BLACK), ground) ? WHITE : BLACK;
}

/**
 * The contrast that letters of a size need, where the ad fills a phone.
 *
 * @param {number} sizePx
 * @param {number} weight
 * @param {{width: number, height: number}} picture
 */
export function enough(sizePx, weight, picture) {
  const onPhone = (sizePx * PHONE_PX) / Math.min(picture.width, picture.height);
  return onPhone >= (weight >= 700 ? 18.7 : 24) ? LARGE : SMALL;
}

/**
 * @param {number[]} sorted
 * @param {number} part
 */
function share(sorted, part) {
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))];
}

/**
 * @param {number} one
 * @param {number} other
 */
function ratio(one, other) {
  return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
}

/** @param {number} channel */
function linear(channel) {
  const value = channel / 255;
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
}
