/** What the user can do about a failure: one button, where there is one that helps. */

const BY_CODE = /** @type {Record<string, string>} */ ({
  "provider.no_checkpoint": "use_rules", "provider.no_key": "use_rules", "provider.auth": "use_rules", "provider.unreachable": "use_rules",
  "provider.timeout": "use_rules", "provider.quota": "use_rules", "provider.rate_limited": "use_rules", "provider.bad_model": "settings",
  "text.unknown_font": "use_font", "text.unreadable_font": "use_font", "text.missing_glyph": "use_font",
  "cutout.no_weights": "again", "photo.not_found": "photo", "photo.unreadable": "photo", "photo.corrupt": "photo", "photo.truncated": "photo",
  "template.line_too_long": "own_words", "channel.refused": "own_words", "template.product_too_slim": "photo", "cutout.nothing_found": "photo", "cutout.everything_found": "photo",
  "cutout.too_small": "photo", "cutout.no_outline": "photo", "prompt.unknown_industry": "any_industry", "panel.unreachable": "again", "panel.missing_node": "reload", "panel.engine_files": "files",
});

/**
 * @param {import("./job.js").Job} job
 * @returns {string | null}
 */
export function fixFor(job) {
  if (job.state === "lost") return "again";
  if (job.state !== "failed" || !job.error) return null;
  const { code } = job.error;
  const isSet = Object.values(job.start.prompt).some((node) => node.class_type === "AdStudioChannelTemplate");
  if (isSet && BY_CODE[code] === "use_font") return "own_words"; // its font is not to be chosen
  if (/^(checkpoint|hub|lora)\./.test(code)) return job.start.wishes.checkpoint ? "use_embedded" : "models";
  return BY_CODE[code] ?? null;
}
