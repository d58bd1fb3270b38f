/** True for the full durations and sizes: `npm run test:fleet:long`. */
export const IS_LONG = process.env['FLEET_LONG'] === '1';
