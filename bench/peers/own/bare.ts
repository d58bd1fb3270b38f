import type { Start } from '../contestant.js';

export const start: Start = () => ({});
