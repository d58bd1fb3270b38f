/**
 * The colours of the library's own dashboard, between its light and its dark ones: told apart with every colour vision,
 * since neighbours differ in lightness. Grafana has no way to give a palette of one's own to series whose names are not
 * known here, such as features: those have Grafana's.
 */
export const COLORS = {
  blue: '#6089f2',
  teal: '#1f9c95',
  violet: '#b096ea',
  pink: '#d9699b',
  sand: '#c2b266',
  grey: '#8790a0',
  /** State, and nothing else. */
  bad: '#e5534b',
  warn: '#d29922',
  /** As the text around it, in Grafana's words. */
  neutral: 'text',
} as const;

/** Of series whose names are known. */
export const TOKEN_COLORS = { input: COLORS.blue, output: COLORS.violet };

/** The most frequent ones. */
export const ERROR_COLORS = {
  rate_limit: COLORS.blue,
  overloaded: COLORS.violet,
  timeout: COLORS.teal,
  server_error: COLORS.pink,
  parse: COLORS.sand,
  content_filter: COLORS.grey,
};
