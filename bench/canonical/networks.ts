import type { Plan } from '../../workers/canonical/plan/plan.ts';
import { type Convolution, type Picture, PlanBuilder } from './plan-builder.ts';

/** ResNet-18 at 224 × 224: 1.8 G multiplications. */
export function residual18(): Plan {
  const net = new PlanBuilder(224, 224, 3);
  const convolve = (from: Picture, convolution: Convolution) => net.rectified(net.convolution(from, convolution));
  let at = net.largest(convolve(net.picture, { size: 7, channels: 64, stride: 2 }), 3, 2);
  for (const [channels, first] of [
    [64, 1],
    [128, 2],
    [256, 2],
    [512, 2],
  ] as const) {
    for (const stride of [first, 1]) {
      const inside = convolve(at, { size: 3, channels, stride });
      const straight = stride === 1 ? at : net.convolution(at, { size: 1, channels, stride });
      at = net.rectified(net.sum(net.convolution(inside, { size: 3, channels }), straight));
    }
  }
  net.dense(net.mean(at), 1000);
  return net.plan();
}

/**
 * A face detector of the size of `version-RFB-320`: pictures of 320 × 240, depthwise convolutions and 1 × 1 ones in turn, one
 * block with dilated branches, boxes and scores from four scales.
 */
export function faceDetector320(): Plan {
  const net = new PlanBuilder(240, 320, 3);
  const convolve = (from: Picture, convolution: Convolution) => net.rectified(net.convolution(from, convolution));
  const separable = (from: Picture, channels: number, stride = 1): Picture => {
    const depthwise = convolve(from, { size: 3, channels: from.channels, stride, depthwise: true });
    return convolve(depthwise, { size: 1, channels });
  };
  const heads = (from: Picture, boxes: number): void => {
    for (const channels of [2, 4]) {
      const depthwise = convolve(from, { size: 3, channels: from.channels, depthwise: true });
      net.sigmoid(net.convolution(depthwise, { size: 1, channels: channels * boxes }));
    }
  };
  let at = convolve(net.picture, { size: 3, channels: 16, stride: 2 });
  for (const [channels, stride] of [
    [32, 1],
    [32, 2],
    [32, 1],
    [64, 2],
    [64, 1],
    [64, 1],
  ] as const) {
    at = separable(at, channels, stride);
  }
  const branches = [2, 3, 5].map((dilation) => {
    const narrow = convolve(convolve(at, { size: 1, channels: 8 }), { size: 3, channels: 16 });
    return net.convolution(narrow, { size: 3, channels: 64, dilation });
  });
  for (const branch of branches) at = net.rectified(net.sum(at, branch));
  heads(at, 3);
  for (const stride of [2, 1, 1]) at = separable(at, 128, stride);
  heads(at, 2);
  for (const stride of [2, 1]) at = separable(at, 256, stride);
  heads(at, 2);
  at = convolve(convolve(at, { size: 1, channels: 64 }), { size: 3, channels: 256, stride: 2 });
  heads(at, 3);
  return net.plan();
}

/** One dense layer: `rows` pictures of 1 × 1 against `columns` rows of weights. */
export function denseLayer(rows: number, columns: number, length: number): Plan {
  const net = new PlanBuilder(rows, 1, length);
  net.convolution(net.picture, { size: 1, channels: columns });
  return net.plan();
}
