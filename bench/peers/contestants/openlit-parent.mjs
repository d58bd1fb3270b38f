import { ParentSpan } from '../../../dist/bench/peers/own/parent-span.js';
import { instrument } from './openlit.mjs';

/** @type {import('../contestant.js').Start} */
export function start(bench) {
  instrument(bench);
  return { service: ([call]) => new ParentSpan(call) };
}
