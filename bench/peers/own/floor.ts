import { Floor } from '../../floor.js';
import type { Start } from '../contestant.js';

export const start: Start = ({ processor }) => ({
  service: ([call, attempt]) => new Floor(call!, attempt!, 4, processor),
});
