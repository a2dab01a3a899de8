import sharp from 'sharp';

/** A face: corners as shares of the picture's width and height, from its top left, and the detector's certainty in 0..1. */
export interface FaceBox {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  readonly score: number;
}

export interface FindFacesOptions {
  /** Boxes of less certainty are dropped. */
  readonly threshold?: number;
  /** Of two boxes that overlap by more than this (intersection over union) the less certain is dropped. */
  readonly overlap?: number;
}

/**
 * The anchors of RFB-320: four grids over a picture of 320 × 240, each cell with squares of the given sides in pixels.
 * https://github.com/Linzaer/Ultra-Light-Fast-Generic-Face-Detector-1MB (vision/ssd/config/fd_config.py)
 */
const INPUT = { width: 320, height: 240 };
const GRIDS = [
  { columns: 40, rows: 30, sides: [10, 16, 24] },
  { columns: 20, rows: 15, sides: [32, 48] },
  { columns: 10, rows: 8, sides: [64, 96] },
  { columns: 5, rows: 4, sides: [128, 192, 256] },
];
const CENTRE_VARIANCE = 0.1;
const SIZE_VARIANCE = 0.2;
const BOXES = 4_420;

/**
 * The faces in the detector's two outputs, most certain first. In this export `boxes` are offsets from the anchors, not
 * corners (their values run from about −6 to 6), and `scores` are probabilities of (background, face).
 *
 * @param scores [1, 4420, 2], flat
 * @param boxes [1, 4420, 4], flat
 */
export function findFaces(
  scores: ArrayLike<number>,
  boxes: ArrayLike<number>,
  { threshold = 0.7, overlap = 0.3 }: FindFacesOptions = {},
): FaceBox[] {
  if (scores.length !== BOXES * 2 || boxes.length !== BOXES * 4) {
    throw new Error(
      `expected ${BOXES * 2} scores and ${BOXES * 4} box offsets, got ${scores.length} and ${boxes.length}`,
    );
  }
  const candidates = anchors()
    .map((anchor, at) => decode(anchor, boxes, at, scores[at * 2 + 1] ?? 0))
    .filter(({ score }) => score > threshold)
    .sort((a, b) => b.score - a.score);
  const kept: FaceBox[] = [];
  for (const box of candidates) if (kept.every((other) => sharedArea(box, other) <= overlap)) kept.push(box);
  return kept;
}

/** The photograph, upright and in its own size, with a frame around every face, as PNG bytes. */
export async function drawFaces(photograph: Uint8Array | string, faces: readonly FaceBox[]): Promise<Uint8Array> {
  const upright = await sharp(photograph).autoOrient().toBuffer({ resolveWithObject: true });
  const { width, height } = upright.info;
  const stroke = Math.max(2, Math.round(width / 300));
  const frames = faces.map(({ left, top, right, bottom }) => {
    const place = `x="${left * width}" y="${top * height}" width="${(right - left) * width}" height="${(bottom - top) * height}"`;
    return `<rect ${place} fill="none" stroke="#00e05a" stroke-width="${stroke}"/>`;
  });
  const overlay = Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${frames.join('')}</svg>`,
  );
  return sharp(upright.data)
    .composite([{ input: overlay }])
    .png()
    .toBuffer();
}

interface Anchor {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** In the order of the outputs: grid, row, column, side. */
function anchors(): Anchor[] {
  return GRIDS.flatMap(({ columns, rows, sides }) =>
    Array.from({ length: rows * columns }, (_, cell) =>
      sides.map((side) => ({
        x: ((cell % columns) + 0.5) / columns,
        y: (Math.floor(cell / columns) + 0.5) / rows,
        width: Math.min(1, side / INPUT.width),
        height: Math.min(1, side / INPUT.height),
      })),
    ).flat(),
  );
}

function decode(anchor: Anchor, boxes: ArrayLike<number>, at: number, score: number): FaceBox {
  const offset = (part: number): number => boxes[at * 4 + part] ?? 0;
  const x = anchor.x + offset(0) * CENTRE_VARIANCE * anchor.width;
  const y = anchor.y + offset(1) * CENTRE_VARIANCE * anchor.height;
  const width = anchor.width * Math.exp(offset(2) * SIZE_VARIANCE);
  const height = anchor.height * Math.exp(offset(3) * SIZE_VARIANCE);
  return { left: x - width / 2, top: y - height / 2, right: x + width / 2, bottom: y + height / 2, score };
}

/** Intersection over union, 0..1. */
function sharedArea(a: FaceBox, b: FaceBox): number {
  const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
  const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
  const both = Math.max(0, width) * Math.max(0, height);
  return both / (area(a) + area(b) - both);
}

function area({ left, top, right, bottom }: FaceBox): number {
  return (right - left) * (bottom - top);
}
