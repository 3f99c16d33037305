// Compares pictures of the page with those that were kept, in a quarter of their size: a letter drawn a little otherwise
// does not count, a line that moved does.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

import { PNG } from "pngjs";

/** How many pixels of the page become one. */
const SCALE = 4;
/** How far a colour may be off, of 255. */
const SLIGHT = 28;
/** Which part of all pixels may be off further than that. */
const TOLERATED = 0.004;

/** The picture, made small: each pixel is the mean of those that it stands for. */
function small(picture) {
  const width = Math.floor(picture.width / SCALE), height = Math.floor(picture.height / SCALE);
  const made = new PNG({ width, height });
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const sums = [0, 0, 0];
      for (let dy = 0; dy < SCALE; dy++) {
        for (let dx = 0; dx < SCALE; dx++) {
          const at = ((y * SCALE + dy) * picture.width + x * SCALE + dx) * 4;
          for (const channel of [0, 1, 2]) sums[channel] += picture.data[at + channel];
        }
      }
      const at = (y * width + x) * 4;
      for (const channel of [0, 1, 2]) made.data[at + channel] = Math.round(sums[channel] / SCALE ** 2);
      made.data[at + 3] = 255;
    }
  }
  return made;
}

/** Which part of the pixels of two small pictures differs, 0 to 1; all of them where the sizes do. */
function difference(one, other) {
  if (one.width !== other.width || one.height !== other.height) return 1;
  let off = 0;
  for (let at = 0; at < one.data.length; at += 4) {
    if ([0, 1, 2].some((channel) => Math.abs(one.data[at + channel] - other.data[at + channel]) > SLIGHT)) off += 1;
  }
  return off / (one.data.length / 4);
}

/**
 * Compares a picture with the one kept in `file`; one that is not there yet is kept, if `keep` says so.
 * @returns {Promise<string | null>} what is wrong, in words
 */
export async function compare(picture, file, keep) {
  const now = small(PNG.sync.read(picture));
  if (keep) {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, PNG.sync.write(now, { colorType: 2, deflateLevel: 9 }));
    return null;
  }
  const kept = await readFile(file).catch(() => null);
  if (!kept) return "no picture of it is kept";
  const off = difference(PNG.sync.read(kept), now);
  return off > TOLERATED ? `${(off * 100).toFixed(2)} % of it looks otherwise than the picture that is kept` : null;
}

/** For the test of the comparison itself. */
export const inside = { small, difference };
